"""Looking for work in the lists of the API, and doing it: a round of the staff."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from simulators.customers import Customers
from simulators.journal import Journal
from simulators.staff_choices import (
    FETCHED,
    HAND_OVER,
    PACKAGE_STATES,
    TRANSFER_STATES,
    Action,
    Rates,
    about_package,
    about_pickup,
    about_transfer,
)
from simulators.staff_client import Client, Unanswered

OMS = "/api/v1/oms/"
PAGE = 100  # rows of a list per request, the most the API gives
TRIES = 3  # a refusal can come of a list that lagged behind; after so many, staff leave it until the package changes


@dataclass
class Tally:
    """What was done so far. Counts are by slug, refusals by error code; `idle` rounds in a row found nothing to do."""

    acknowledged: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    rounds: int = 0
    idle: int = 0


class Staff:
    def __init__(
        self,
        client: Client,
        seed: int,
        rates: Rates,
        journal: Journal,
        stock_url: str | None = None,
        locations: Sequence[str] = (),
        think: float = 0.0,
        stop: threading.Event | None = None,
        customers: Customers | None = None,
        most: int = 0,
    ) -> None:
        """`customers`: who say the codes they were sent; without them packages are handed over without one. `most`
        actions between two looks; 0: all that were found."""
        self.client, self.seed, self.rates = client, seed, rates
        self.locations, self.think = list(locations), think
        self.stop = stop or threading.Event()
        # The shops' own reports of goods need no log in: any token stands for "already in".
        self.stock = Client(stock_url, token="-", patience=client.patience, stop=self.stop) if stock_url else None  # noqa: S106
        self.customers, self.most = customers, most
        self.tally = Tally()
        self._journal, self._lock = journal, threading.Lock()
        self._done: set[str] = set()
        self._tries: Counter[str] = Counter()
        self._codes_refused: Counter[str] = Counter()  # by number of the package
        self._reasons: list[int] = []
        self._begun: dict[str, Action] = {}
        for row in journal.read():
            self._remember(row)

    def work(self) -> list[Action]:
        """What can be done now and was not done yet, by the lists of the API: what was left begun, then transfers, for
        packages wait for them, then the packages that are nearly done."""
        begun = list(self._begun.values())
        known, found = {action.key for action in begun}, []
        for action in (*self._on_packages(), *self._on_transfers()):
            if action.key not in known | self._done and self._tries[action.key] < TRIES:
                known.add(action.key)
                found.append(action)
        self._begun = {}  # not before the lists were read: they may get no answer
        found.sort(key=lambda action: (action.kind, action.state), reverse=True)
        return [*begun, *found[: self.most or None]]

    def act(self, action: Action) -> None:
        """Sends the command until there is an answer; then tells the stock service what left or arrived."""
        self.stop.wait(self.think)
        if self.stop.is_set():
            return
        self._journal.append({"acting": action.asdict()})
        try:
            answer = self.client.command(f"{OMS}{action.kind}/{action.id}/command/", action.body, action.key)
            if answer.ok and self.stock and action.moves:
                moves = [{"key": f"{action.key}:{n}", **move} for n, move in enumerate(action.moves)]
                self.stock.send("POST", "/moves", json={"moves": moves}).raise_for_status()
        except Unanswered:
            with self._lock:
                self.tally.unanswered += 1
                self._begun[action.key] = action  # sent again in the next round: nobody knows whether it was done
            return
        self._journal.append(self._outcome(action, answer))
        with self._lock:
            if answer.ok:
                self._done.add(action.key)
                self.tally.acknowledged[action.slug] += 1
            else:
                self._tries[action.key] += 1
                self._codes_refused[action.number] += action.slug == HAND_OVER
                self.tally.refused[self._code(answer)] += 1

    def _outcome(self, action: Action, answer: requests.Response) -> dict[str, Any]:
        row = {"key": action.key, "kind": action.kind, "number": action.number, "slug": action.slug}
        if answer.ok:
            position = answer.headers.get("X-OMS-Position")
            return {"acknowledged": row | {"status": answer.status_code, "position": position}}
        return {"refused": row | {"status": answer.status_code, "code": self._code(answer)}}

    @staticmethod
    def _code(answer: requests.Response) -> str:
        try:
            return str(answer.json()["error"].get("code", "input"))
        except (ValueError, KeyError, TypeError, AttributeError):
            return str(answer.status_code)

    def _remember(self, row: dict[str, Any]) -> None:
        if "acting" in row:
            action = Action(**row["acting"])
            self._begun[action.key] = action
        elif "acknowledged" in row:
            self._begun.pop(row["acknowledged"]["key"], None)
            self._done.add(row["acknowledged"]["key"])
        elif "refused" in row:
            self._begun.pop(row["refused"]["key"], None)
            self._codes_refused[row["refused"]["number"]] += row["refused"]["slug"] == HAND_OVER

    def _on_packages(self) -> Iterator[Action]:
        if not self._reasons:
            shown = self.client.get(f"{OMS}packages/package_denial_reason/", limit=PAGE)["results"]
            self._reasons = [reason["id"] for reason in shown if reason["is_active"]]
        filters = {"state__enum_value__in": ",".join(PACKAGE_STATES)}
        if self.locations:
            filters["stock_location__erp_code__in"] = ",".join(self.locations)
        for package in self._list("packages", filters):
            if package["state"]["enum_value"] == FETCHED:
                action = self._on_pickup(package)
            else:
                action = about_package(self.seed, self.rates, package, self._reasons)
            if action:
                yield action

    def _on_pickup(self, package: dict[str, Any]) -> Action | None:
        if self.customers is None:
            return about_pickup(self.seed, package, None, 0)
        refused = self._codes_refused[package["number"]]
        code = self.customers.says(package, refused)
        return None if code is None else about_pickup(self.seed, package, code, refused)

    def _on_transfers(self) -> Iterator[Action]:
        for state in TRANSFER_STATES:
            # T4 is the destination's, all else the source's.
            end = "destination" if state == "in_transit" else "source"
            for transfer in self._list("transfer_orders", {"state__enum_value": state}):
                action = about_transfer(self.seed, self.rates, transfer)
                if action and (not self.locations or transfer[end]["erp_code"] in self.locations):
                    yield action

    def _list(self, path: str, filters: dict[str, str]) -> Iterator[dict[str, Any]]:
        # By id, not by page: rows leave the list while it is read, and pages would skip as many.
        last = 0
        while True:
            rows = self.client.get(f"{OMS}{path}/", **filters, id__gt=last, sort="id", limit=PAGE)["results"]
            yield from rows
            if len(rows) < PAGE or self.stop.is_set():
                return
            last = rows[-1]["id"]
