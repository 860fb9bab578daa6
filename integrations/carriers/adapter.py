"""What a carrier's adapter does, whoever it is. A new carrier is one file with these, and a line in adapters.py."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from domain.shipping import Report
from integrations.outside import Ask, Outside, Said, System
from integrations.trouble import Resting, Unanswered

T = TypeVar("T")

Reported = tuple[str, Report | None]
"""An AWB number and what has happened to it."""


@dataclass(frozen=True, slots=True)
class Party:
    """Sender or receiver; what is not known is empty. Coordinates are of no concern to carriers."""

    name: str
    line: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One kind of goods in it."""

    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Consignment:
    """What a carrier is asked to carry. `reference` is our name of the shipment, unique; `weights` one per parcel, in
    kg, empty where nobody weighed it; `origin` what the carrier calls the sending location; `format` of the label."""

    reference: str
    weights: tuple[str, ...]
    pieces: tuple[Piece, ...]
    sender: Party
    receiver: Party
    origin: str = ""
    format: str = "pdf"


@dataclass(frozen=True, slots=True)
class Consigned:
    """What the carrier answered: its number, one per parcel where it numbers them, a number to query by, and the label;
    None: it comes later and is asked for by `label`."""

    awb_number: str
    parcels: tuple[str, ...] = ()
    query_number: str | None = None
    label: bytes | None = None


@dataclass(frozen=True)
class Wire:
    """The line to one carrier: where it is, how it is logged in at, and for which queued call."""

    outside: Outside
    system: System
    url: str
    settings: Mapping[str, object] = field(default_factory=dict, repr=False)
    lane: str = ""
    call: int | None = None
    may_send: Callable[[], bool] = field(default=lambda: True, repr=False)

    def ask(
        self,
        method: str,
        path: str,
        what: str,
        read: Callable[[Said], T],
        *,
        body: bytes = b"",
        media_type: str = "application/json",
        key: str = "",
        lane: str = "",
    ) -> T:
        """`read` of the answer; raises as Outside.call. `key`: sent as Idempotency-Key; `lane`: where this question is
        of one object of many."""
        headers = {"Idempotency-Key": key} if key else {}
        url = self.url.rstrip("/") + path
        ask = Ask(method, url, what, body, headers, media_type, lane or self.lane, self.call, self.may_send)
        return self.outside.call(self.system, ask, read)


def each_told(questions: Iterable[Callable[[], Iterable[Reported]]]) -> Iterator[Reported]:
    """The answers of those that were answered; then the trouble of the first that was not is raised. Who rests is asked
    no more."""
    trouble: Unanswered | None = None
    for question in questions:
        try:
            yield from question()
        except Unanswered as unanswered:
            trouble = trouble or unanswered
            if isinstance(unanswered, Resting):
                break
    if trouble is not None:
        raise trouble


class Carrier(Protocol):
    """Each method raises what integrations.trouble names; those with a `key` may be called again with it."""

    def __init__(self, wire: Wire) -> None: ...

    def create(self, consignment: Consignment, key: str) -> Consigned:
        """Announces a shipment."""
        ...

    def label(self, awb_number: str, format: str) -> bytes | None:
        """The label of a shipment that was announced; None: not there yet."""
        ...

    def reports(self, awb_numbers: Iterable[str]) -> Iterator[Reported]:
        """How each of them is, as it is told; None, or not told, where nothing of that is known or nothing has happened
        yet. Who was not answered for holds up no other: it raises at the end."""
        ...

    def cancel(self, reference: str, awb_number: str | None, key: str) -> None:
        """By its number, or by our reference where none is known; what the carrier never had is cancelled, too."""
        ...

    def bring_back(self, consignment: Consignment, awb_number: str, key: str) -> Consigned:
        """Orders a return of what was shipped under a number: the receiver sends, the sender receives."""
        ...

    @staticmethod
    def told(body: bytes) -> list[tuple[str, Report]]:
        """What a message of the carrier says: (AWB number, report) in its order; ValueError for what is none."""
        ...
