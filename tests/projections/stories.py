"""Orders that live (benchmarks.lives) told to a real log, and the projector run over it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from benchmarks.lives import Lives
from domain.declared import order as orders
from domain.location import LocationRegistered
from domain.order import Order
from domain.personal import Personal
from domain.settings import CargoCompanySaved, ChannelSaved, DenialReasonSaved
from eventlog.log import EventLog
from eventlog.recorded import Decision
from projections.projector import Projector


def reveal(personal: Personal) -> dict[str, Any]:
    """Opens what Lives seals: every tenth customer is forgotten."""
    n = int(personal.key.removeprefix("key"))
    if n % 10 == 0:
        return {}
    return {
        "customer": {"email": f"c{n}@example.org", "first_name": f"Ada{n % 7}", "last_name": f"Byron{n % 5}"},
        "shipping_address": {
            "line": f"{n} High St",
            "city": {"name": "Leeds"},
            "country": {"code": "GB", "name": "UK"},
        },
        "billing_address": None,
        "notes": "",
    }


class Story:
    """`lives` and the log they are told to. The states of `lives` are folded by the domain alone, without any of what
    is tested here (times apart: the log's own)."""

    def __init__(self, log: EventLog, seed: int = 1, places: int = 12) -> None:
        self.log, self.lives = log, Lives(seed, places)

    def settings(self) -> None:
        """The made-up settings become events, so that the log's reference knows them."""
        of = self.lives.settings.of
        for location in of["location"].values():
            self._tell("location", location.id, [LocationRegistered(location=location.id, profile=location.profile)])
        for kind, saved in (
            ("channel", ChannelSaved),
            ("cargo_company", CargoCompanySaved),
            ("denial_reason", DenialReasonSaved),
        ):
            for record in of[kind].values():
                self._tell(kind, record.id, [saved(**{kind: record.id, "record": record})])

    def orders(self, n: int) -> None:
        for _ in range(n):
            self._order(self.lives.receive())

    def steps(self, n: int) -> None:
        for _ in range(n):
            made = self.lives.step()
            if made is not None:
                self._order(made)

    def _order(self, made: tuple[int, str, list[Any]]) -> None:
        id, command, facts = made
        self._tell("order", id, facts, command)

    def _tell(self, kind: str, id: int, facts: list[Any], command: str = "save") -> None:
        self.log.append(
            Decision(
                command_id=uuid4(),
                events=tuple((f"{kind}-{id}", fact) for fact in facts),
                actor="ada",
                command=command,
                correlation_id="c",
                causation_id="",
            )
        )


@contextmanager
def projecting(log: EventLog) -> Iterator[threading.Thread]:
    """A projector at work in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=Projector(log, reveal).run, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


def caught_up(log: EventLog, timeout: float = 60.0) -> None:
    assert log.wait_for(["projections"], log.head().position, timeout), log.positions()


def folded(log: EventLog) -> dict[int, Order]:
    """Every order by the domain's evolve alone, straight from the log."""
    states: dict[int, Any] = {}
    for event in log.read(0, 10**6):
        if event.stream.startswith("order-"):
            id = int(event.stream.removeprefix("order-"))
            states[id] = orders.evolve(states.get(id), event.fact, event.at)
    return states
