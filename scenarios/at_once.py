"""Planning inside a command's decision: stock is asked first, bounded in time, then the command plans on it and writes
what was lost together with what comes instead (spec 1.7, T5; docs/adr/0008)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg

from domain.kernel import Given
from domain.location import Location
from domain.order import Order
from domain.planning import Leg, PlanRecord, Row
from eventlog.log import EventLog
from eventlog.recorded import Claim
from scenarios import keeping
from scenarios.demand import Line
from scenarios.demands import demand_of, place_of
from scenarios.desk import Desk
from scenarios.drafting import propose
from scenarios.inputs import Inputs
from scenarios.inquiry import Answered, Inquiry, stocked
from scenarios.planned import PlannedLine, PlannedTransfer
from scenarios.reach import sources_reached
from scenarios.recording import day_claims, leg_of
from scenarios.rulebook import Rulebook
from scenarios.stock_service import StockServices
from scenarios.transfers import bring
from scenarios.world import World

SECONDS = 4.0  # for all stock services together: a person waits

Connecting = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]

STOCK = "select location, sku, known, reserved from availability where sku = any(%s)"
QUOTA = "select location, quota from capacity where quota <> 0"


class AtOnce:
    """One a process; safe to share by threads."""

    def __init__(self, log: EventLog, connecting: Connecting, services: StockServices) -> None:
        self._log, self._connecting = log, connecting
        self._inquiry = Inquiry(log.now, services)

    def ask(self, order: Order, keep: bool = True) -> "Asked":
        """Stock of all that the order wants, as it is now; `keep`: plans are written, so their inputs are kept."""
        skus = {item.sku for item in order.items}
        skus.update(item.sku for package in order.packages.values() for item in package.items)
        seen = self.look(skus)
        return Asked(self._log, seen.answered, seen.locations, seen.now, self._keep if keep else None)

    def look(self, skus: Collection[str]) -> "Looked":
        """The world of now for these SKUs: their stock, the quotas, what is counted by day and channel."""
        now = self._log.now()
        self._log.reference.refresh()
        locations: list[Location] = self._log.reference.all("location")
        world = World(place_of(location, now) for location in locations)
        known = stocked(locations)
        asking = self._inquiry.begin(dict.fromkeys((at.engine for at in known.values()), skus)) if known else None
        if asking is not None:
            wait(asking.answers.values(), SECONDS)
        with self._connecting() as connection:
            here = world.places.ordinal  # a location may have come since
            for id, quota in connection.execute(QUOTA, prepare=False):
                if id in here:
                    world.slots(id, quota)
            for id, sku, there, reserved in connection.execute(STOCK, (sorted(skus),), prepare=False):
                if id in here:
                    world.set_known(id, sku, there)
                    if reserved:
                        world.reserve(id, sku, reserved)
            if world.places.has_day_limits or world.places.has_channel_limits:
                world.tallies = keeping.tallies(connection)
            answered = self._inquiry.answered(connection, world, known.values(), asking)
        return Looked(answered, locations, now)

    def _keep(self, inputs: Inputs) -> None:
        with self._connecting() as connection:
            keeping.Kept().keep(connection, [inputs])


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known now, and of which locations."""

    answered: Answered
    locations: list[Location]
    now: datetime


class Asked:
    """Plans on the answers (domain.planning.AtOnce)."""

    def __init__(
        self,
        log: EventLog,
        answered: Answered,
        locations: Iterable[Location],
        now: datetime,
        keep: Callable[[Inputs], None] | None,
    ) -> None:
        self._log, self._answered, self._now, self._keep = log, answered, now, keep
        self._locations = {at.id: at for at in locations}
        self._rulebook = Rulebook.of(log)
        self._claims: tuple[str, ...] = ()

    def claims(self) -> tuple[Claim, ...]:
        """What must be nobody else's for the last plan to hold: its places of the day, where a location has a daily
        maximum (the counts may be some seconds old)."""
        return tuple(Claim(key) for key in self._claims)

    def bring(self, order: Order, package: int, missing: Mapping[int, int], but: frozenset[Row]) -> Sequence[Leg]:
        """Legs by the transfer scenario of the package's location; none where a source's stock is not known."""
        there, world = order.packages[package], self._answered.world
        hub = world.places.ordinal.get(there.location)
        if hub is None:
            return []
        lines = tuple(Line(i.id, i.sku, missing[i.id]) for i in there.items if missing.get(i.id))
        demand = replace(demand_of(order, self._log.reference, self._now, but), lines=lines)
        unknown = self._answered.unknown({line.sku for line in lines})
        if sources_reached(unknown, demand, world, self._rulebook.transfers):
            return []
        wanted = {n: line.quantity for n, line in enumerate(lines)}
        brought = bring(Desk(demand, world), self._rulebook.transfers, hub, wanted)
        legs = []
        for source, amounts in brought.legs:
            planned = tuple(PlannedLine(lines[n].id, lines[n].sku, pieces) for n, pieces in sorted(amounts.items()))
            via = brought.hub_of(source)
            at = world.places.rows
            transfer = PlannedTransfer(at[source].id, planned, None if via is None else at[via].id)
            for line in planned:
                world.reserve(transfer.source, line.sku, line.quantity)
            legs.append(leg_of(transfer, self._answered.levels, world.places))
        return legs

    def plan(self, order: Order, but: frozenset[Row]) -> PlanRecord | None:
        """None where no scenario fits, or stock it would look at is not known."""
        demand = demand_of(order, self._log.reference, self._now, but)
        given = Given(self._now, self._log.ids, self._log.reference)
        proposal = propose(demand, self._answered, self._rulebook, self._locations, given)
        if proposal.inputs is not None and self._keep is not None:
            self._keep(proposal.inputs)
        self._claims = () if proposal.made is None else day_claims(proposal.made, demand, self._answered.world)
        return proposal.record
