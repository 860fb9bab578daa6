"""Orders that live (benchmarks.lives) told to a real log, and the projector run over it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from benchmarks.lives import Lives
from domain.deciding import Commanded, decide
from domain.declared import order as orders
from domain.location import LocationRegistered
from domain.order import Order, OrderUnplanned
from domain.package_commands import PackInput, ShipmentStatusInput
from domain.personal import Personal
from domain.planning import Leg, Placement, PlanRecord, open_lines, record_plan
from domain.settings import CargoCompanySaved, ChannelSaved, DenialReasonSaved
from domain.shipment import Parcel
from domain.states import OrderStatus
from domain.states import PackageStatus as S
from domain.transfer_commands import Counted, DeliverInput
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

    def rare(self) -> None:
        """What chance alone brings seldom: an order that found no scenario; one whose transfer was lost on the way and
        whose package then went out in a parcel with a number; one that was delivered."""
        alone = self._approved()
        self._order(self.lives._done(alone, "plan", [OrderUnplanned(order=alone, reasons=("no scenario fits",))]))
        id = self._approved()
        lines = tuple(open_lines(self.lives.orders[id]).items())
        leg = Leg(2, ((lines[0][0], 1),))
        plan = PlanRecord(1, 1, "Standard", "rare 1", "", {}, S.waiting, 1, (Placement(1, "any", lines, (leg,)),))
        self._order(self.lives._done(id, "plan", list(record_plan(self.lives.orders[id], plan, self.lives.given()))))
        (transfer,) = self.lives.orders[id].transfers.values()
        self._command(id, "transfer", transfer.id, "transfer-dispatch")
        lost = DeliverInput(transfer_items=(Counted(transfer.items[0].id, 0),))
        self._command(id, "transfer", transfer.id, "transfer-delivered", lost)
        package = next(iter(self.lives.orders[id].packages.values()))
        if package.state is S.waiting:
            packed = PackInput(parcels=(Parcel("AWB-RARE"),))
            self._command(id, "package", package.id, "complete-packaging-with-shipment", packed)
            self._command(id, "package", package.id, "ship-package")
        self._delivered()

    def _delivered(self) -> None:
        """An order from one place, all the way."""
        id = self._approved()
        lines = tuple(open_lines(self.lives.orders[id]).items())
        plan = PlanRecord(1, 1, "Standard", "rare 2", "", {}, S.waiting, 1, (Placement(1, "any", lines, ()),))
        self._order(self.lives._done(id, "plan", list(record_plan(self.lives.orders[id], plan, self.lives.given()))))
        (package,) = self.lives.orders[id].packages.values()
        self._command(id, "package", package.id, "complete-packaging-with-shipment", PackInput())
        self._command(id, "package", package.id, "ship-package")
        delivered = ShipmentStatusInput(status="delivered")
        self._command(id, "package", package.id, "update-shipment-status", delivered)

    def _approved(self) -> int:
        """A new order of several pieces that can be planned; its id."""
        while True:
            made = self.lives.receive()
            self._order(made)
            order = self.lives.orders[made[0]]
            if order.status is OrderStatus.approved and sum(item.quantity for item in order.items) > 1:
                return order.id

    def _command(self, id: int, kind: Commanded, of: int, slug: str, input: Any = None) -> None:
        facts = decide(self.lives.orders[id], kind, of, slug, input, self.lives.given())
        self._order(self.lives._done(id, slug, list(facts)))

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
