"""What both simulated carriers know of a parcel: its number, our reference, and what has happened to it since.

Left alone (`pace` 0) nothing happens but by `POST /admin/parcels/<number> {"status"}`. Else a parcel is taken in after
`pace` seconds and goes on from there; one in ten is not at home at first. Each step is told to `hook`, signed.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from simulators import signatures
from simulators.journal import Journal

STATUSES = ("announced", "picked_up", "not_home", "given_up", "delivered", "cancelled")


@dataclass
class Parcel:
    """`asked`: the body it was announced with. `since`: Unix time of its status."""

    number: str
    reference: str
    asked: dict[str, Any]
    status: str = "announced"
    since: float = field(default_factory=time.time)
    label_at: float = 0.0


@dataclass(frozen=True)
class Telling:
    """Where and how steps are told: `write(number, status)` gives the body, whatever the carrier writes."""

    hook: str = ""
    secret: str = ""
    media_type: str = "application/json"
    write: Callable[[str, str], bytes] = lambda number, status: f"{number} {status}".encode()


class Parcels:
    def __init__(self, prefix: str, journal: Journal, telling: Telling, pace: float = 0.0, seed: int = 0) -> None:
        self._prefix, self._journal, self._telling, self._pace = prefix, journal, telling, pace
        self._lock = threading.RLock()
        self._random = random.Random(seed)
        self._by_number: dict[str, Parcel] = {}
        self.told = 0
        for row in journal.read():
            if "parcel" in row:
                self._by_number[row["parcel"]["number"]] = Parcel(**row["parcel"])
        if pace:
            threading.Thread(target=self._live, daemon=True).start()

    def announce(self, reference: str, asked: dict[str, Any], label_after: float = 0.0) -> Parcel:
        with self._lock:
            number = f"{self._prefix}{len(self._by_number) + 1:08}"
            made = Parcel(number, reference, asked, label_at=time.time() + label_after)
            self._keep(made)
            return made

    def find(self, name: str) -> Parcel | None:
        """By its number, or the reference of the sender."""
        with self._lock:
            found = self._by_number.get(name)
            return found or next((p for p in self._by_number.values() if p.reference == name), None)

    def move(self, parcel: Parcel, status: str, *, tell: bool = True) -> None:
        """Tells the hook, if there is one; a carrier tells once, and whoever missed it may ask."""
        with self._lock:
            parcel.status, parcel.since = status, time.time()
            self._keep(parcel)
        telling = self._telling
        if not tell or not telling.hook or status in ("announced", "cancelled"):
            return
        body = telling.write(parcel.number, status)
        at, message = str(int(time.time())), f"{parcel.number}-{status}"
        headers = {"Content-Type": telling.media_type, "webhook-id": message, "webhook-timestamp": at}
        headers["webhook-signature"] = signatures.standard(telling.secret, message, at, body)
        try:
            self.told += requests.post(telling.hook, data=body, headers=headers, timeout=10).ok
        except requests.RequestException:
            return

    def report(self) -> dict[str, Any]:
        with self._lock:
            statuses = [parcel.status for parcel in self._by_number.values()]
            references = [parcel.reference for parcel in self._by_number.values()]
        return {
            "parcels": len(statuses),
            "told": self.told,
            "doubled": len(references) - len(set(references)),
            **{status: statuses.count(status) for status in STATUSES},
        }

    def every(self) -> list[Parcel]:
        with self._lock:
            return list(self._by_number.values())

    def _keep(self, parcel: Parcel) -> None:
        self._by_number[parcel.number] = parcel
        self._journal.append({"parcel": dict(vars(parcel))})

    def _live(self) -> None:
        while True:
            time.sleep(min(self._pace / 4, 1.0))
            for parcel in self.every():
                after = self._next(parcel)
                if after and time.time() - parcel.since > self._pace:
                    self.move(parcel, after)

    def _next(self, parcel: Parcel) -> str | None:
        if parcel.status == "announced":
            return "picked_up"
        if parcel.status == "picked_up":
            return "not_home" if self._random.random() < 0.1 else "delivered"
        return "delivered" if parcel.status == "not_home" else None
