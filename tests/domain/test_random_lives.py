"""Random lives of small orders: plans, commands, refusals and re-plans in any order keep the laws at every step."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.amending import Amendment, amend
from domain.cancellation_plan import Asked, PlanType
from domain.cancellations import answer_plan
from domain.cancelling import PackageItemsCancelled
from domain.correcting import CORRECT, CorrectInput, PackageStateCorrected
from domain.deciding import decide
from domain.discrepancy import DiscrepancyReason, DiscrepancyRecorded
from domain.guards import Effect, Short, SlotRow, StockEffect, StockRow
from domain.kernel import COMMANDS, Facts, Given, Refusal, allowed
from domain.kinds import kind_of
from domain.laws import Laws
from domain.location import LocationRegistered, Profile
from domain.order import Order, OrderItem, needs_planning
from domain.order_decisions import request_plan
from domain.package import PackageCancelled, PackageLinesReplanned, PackageNotFound, PackageRefused
from domain.package_items import PackageItemsMissing
from domain.packed_for_refund import pack_for_refund
from domain.planning import Leg, Placement, PlanRecord, open_lines, record_plan, record_unplanned
from domain.planning_facts import Level
from domain.returning import PackageReturned
from domain.shipping import labelled, reported
from domain.splitting import Part, split
from domain.states import OrderStatus, PackageStatus, TransferStatus
from domain.stock import StockPushed
from domain.transfer import TransferDelivered
from eventlog.mapper import decode, encode
from tests.domain import shop
from tests.domain.chance import SKUS, Draw, random_input
from tests.domain.given import NOW

LOCATIONS = (10, 20, 30)
Stock = dict[tuple[int, str], StockRow]


class Shop:
    """A log in memory with its guard rows: a decision whose check fails is not written, as in the database."""

    def __init__(self, answers: bool) -> None:
        self.answers = answers
        self.laws = Laws()
        self.states: dict[str, Any] = {}
        self.versions: Counter[str] = Counter()
        self.stock: Stock = {}
        self.slots: dict[int, SlotRow] = {}
        self.position = 0
        self.commands = 0
        self.at = NOW
        self._ids: Counter[str] = Counter()

    def given(self) -> Given:
        def next_id(kind: str) -> int:
            self._ids[kind] += 1
            return self._ids[kind]

        return Given(self.at, next_id, shop.BOOKS)

    def write(self, stream: str, facts: Facts) -> Facts:
        """Folds and guards the facts as one decision and gives them; none where a guard refuses it."""
        kind = kind_of(stream)
        state, stock, slots = self.states.get(stream), dict(self.stock), dict(self.slots)
        counted = self.answers or kind.name != "order"
        for fact in facts:
            assert decode(*encode(fact)) == fact
            before, state = state, kind.evolve(state, fact, self.at)
            was = dict(stock)
            try:
                for effect in kind.effects(before, fact, state):
                    self._guard(effect, stock, slots)
            except Short:
                return []
            if before is not None and not counted:
                gone = known(was) + outside(before) - known(stock) - outside(state)
                assert gone == loss(before, fact, was), f"{gone} pieces went by {fact}"
        self.stock, self.slots, self.states[stream] = stock, slots, state
        self.commands += 1
        for fact in facts:
            self.position += 1
            self.versions[stream] += 1
            self.laws.see(stream, self.versions[stream], self.position, self.at, fact, self.commands)
        return facts

    def _guard(self, effect: Effect, stock: Stock, slots: dict[int, SlotRow]) -> None:
        if isinstance(effect, StockEffect):
            key = (effect.location, effect.sku)
            stock[key] = stock.get(key, StockRow()).apply(effect, self.at)
        else:
            slots[effect.location] = slots.get(effect.location, SlotRow()).apply(effect)

    def orders(self) -> dict[str, Order]:
        return {stream: state for stream, state in self.states.items() if isinstance(state, Order)}


def known(stock: Stock) -> Decimal:
    return sum((row.known for row in stock.values()), Decimal(0))


def outside(order: Order) -> int:
    """Pieces out of the known stock: with a package, or between two locations."""
    on_the_way = (t for t in order.transfers.values() if t.state is TransferStatus.in_transit)
    packed = sum(i.quantity for p in order.packages.values() if p.goods_out for i in p.items if not i.returned)
    return packed + sum(i.quantity for t in on_the_way for i in t.items)


def loss(before: Order, fact: Any, stock: Stock) -> Decimal | int:
    """Pieces that the books may lose by the fact; all others must be somewhere, none may come from nothing."""
    if isinstance(fact, TransferDelivered):
        return sum(c.sent - c.arrived for c in fact.counted)
    package = before.packages.get(getattr(fact, "package", None) or 0)
    if package is None:
        return 0
    if isinstance(fact, DiscrepancyRecorded):
        if fact.reason is DiscrepancyReason.not_found:
            return stock.get((fact.location, fact.sku), StockRow()).known
        return 0 if fact.reason is DiscrepancyReason.lost or package.goods_out else fact.quantity
    if isinstance(fact, PackageReturned):
        return sum(r.quantity for r in fact.items) if fact.condition == "damaged" else 0
    if isinstance(fact, PackageItemsCancelled):
        return sum(c.quantity for c in fact.items) if package.goods_out and not fact.goods_back else 0
    if isinstance(fact, PackageItemsMissing):
        return sum(pieces for _, pieces in fact.items) if package.goods_out else 0
    if isinstance(fact, PackageLinesReplanned):
        return package.quantity if package.goods_out else 0
    if isinstance(fact, PackageStateCorrected):
        return package.quantity if package.goods_out and fact.state is PackageStatus.cancelled else 0
    ends = isinstance(fact, PackageRefused | PackageNotFound | PackageCancelled)
    return package.quantity if ends and package.goods_out and not getattr(fact, "goods_back", False) else 0


def random_plan(draw: Draw, log: Shop, order: Order) -> PlanRecord:
    """Any placement of the open lines, sensible or not; now and then more than is open."""
    left = open_lines(order)
    sku = {i.id: i.sku for i in order.items}
    placements = []
    for location in draw(st.permutations(LOCATIONS))[: draw(st.sampled_from([1, 2, 3, 0]))]:
        lines, legs = [], []
        for item in list(left):
            most = left[item] + (draw(st.integers(0, 9)) == 9)
            pieces = draw(st.sampled_from([most, draw(st.integers(0, most))]))
            left[item] -= min(pieces, left[item])
            if pieces:
                lines.append((item, pieces))
                coming = draw(st.integers(0, pieces)) if draw(st.booleans()) else 0
                if coming:
                    source = draw(st.sampled_from([other for other in LOCATIONS if other != location]))
                    legs.append(Leg(source, ((item, coming),), margin=draw(st.integers(0, 1))))
        if lines:
            levels: tuple[Level, ...] = ()
            if log.answers and draw(st.booleans()):
                asked = log.at - timedelta(seconds=draw(st.integers(0, 900)))
                known = {sku[item]: draw(st.integers(0, 9)) for item, _ in lines}
                levels = tuple(Level(s, Decimal(n), asked, 600) for s, n in known.items())
            by_quota, margin = draw(st.sampled_from([False, False, True])), draw(st.integers(0, 1))
            placements.append(Placement(location, "any", tuple(lines), tuple(legs), levels, margin, by_quota))
    status = draw(st.sampled_from([PackageStatus.waiting, PackageStatus.waiting_remote_action]))
    return PlanRecord(1, 1, "S", "1", "digest", {}, status, 99, tuple(placements))


@dataclass
class RandomPlanning:
    """Plans at once inside a command: some of what is missing from anywhere, or any plan, or none."""

    draw: Draw
    log: Shop

    def bring(self, order: Order, package: int, missing: Mapping[int, int], _but: Any) -> list[Leg]:
        others = [at for at in LOCATIONS if at != order.packages[package].location]
        sources = {id: self.draw(st.sampled_from([None, *others])) for id in missing}
        brought = {id: self.draw(st.integers(1, n)) for id, n in missing.items() if sources[id]}
        found = [(at, tuple((id, n) for id, n in brought.items() if sources[id] == at)) for at in others]
        return [Leg(at, lines) for at, lines in found if lines]

    def plan(self, order: Order, _but: Any) -> PlanRecord | None:
        record = random_plan(self.draw, self.log, order)
        placed: Counter[int] = Counter()
        for placement in record.placements:
            placed.update(dict(placement.lines))
        fits = all(n <= open_lines(order).get(item, 0) for item, n in placed.items())
        return record if fits and self.draw(st.booleans()) else None


def random_command(draw: Draw, log: Shop, order: Order, given: Given) -> Facts:
    """A command on a package or transfer: mostly one that may run, else any."""
    things = [("package", p) for p in order.packages.values()] + [("transfer", t) for t in order.transfers.values()]
    live = [(kind, thing) for kind, thing in things if allowed(kind, thing.state)]
    if not things:
        return []
    kind, thing = draw(st.sampled_from(live or things))
    may = [c.slug for c in allowed(kind, thing.state)]
    every = [slug for of, slug in COMMANDS if of == kind]
    slug = draw(st.sampled_from(may if may and draw(st.integers(0, 9)) else every))
    if slug == "cancel-package" and draw(st.booleans()):
        slug = draw(st.sampled_from(may or every))  # else most lives would end early
    if draw(st.booleans()):
        given = replace(given, planning=RandomPlanning(draw, log))
    try:
        facts = decide(order, kind, thing.id, slug, random_input(draw, slug, thing), given)
    except Refusal as refusal:
        assert refusal.code in ("invalid", "conflict") or slug not in may
        return []
    assert slug in may
    return facts


def random_cancellation(draw: Draw, order: Order, given: Given) -> Facts:
    """Any pieces of any lines, now and then more than there are."""
    asked = [Asked(line.id, draw(st.integers(1, line.quantity + 1))) for line in order.items if draw(st.booleans())]
    kind: PlanType = draw(st.sampled_from(["cancel", "cancel", "cancel", "refund"]))
    uuid, confirm = str(draw(st.integers(0, 30))), draw(st.booleans())
    return answer_plan(order, kind, asked, given, uuid=uuid, pk=None, confirm=confirm, refund=pack_for_refund)


def random_amendment(draw: Draw, order: Order, given: Given) -> Facts:
    """Fewer or more pieces of some lines, a new line, another status."""
    wanted = {line.id: draw(st.integers(0, line.quantity + 1)) for line in order.items if draw(st.booleans())}
    line = OrderItem(given.ids("order_item") + 10, draw(st.sampled_from(SKUS)), draw(st.integers(1, 3)))
    amendment = Amendment(
        status=draw(st.sampled_from([None, OrderStatus.approved, OrderStatus.inactive, OrderStatus.cancelled])),
        wanted=wanted,
        added=(line,) if draw(st.booleans()) else (),
    )
    return amend(order, amendment, given, uuid=str(given.ids("uuid")), confirm=draw(st.booleans()))


def random_correction(draw: Draw, order: Order, given: Given) -> Facts:
    """Any state for any package or transfer: what cannot be is refused by its field."""
    things: list[Any] = [*order.packages.values(), *order.transfers.values()]
    if not things:
        return []
    thing = draw(st.sampled_from(things))
    kind: Any = "transfer" if thing in order.transfers.values() else "package"
    state = draw(st.sampled_from(TransferStatus if kind == "transfer" else PackageStatus))
    try:
        return decide(order, kind, thing.id, CORRECT[kind].slug, CorrectInput(str(state.value), "seen"), given)
    except Refusal as refusal:
        assert refusal.code == "invalid" and set(refusal.extra["fields"]) == {"state"}
        return []


def random_split(draw: Draw, order: Order, given: Given) -> Facts:
    """A line into its pieces, or in two; sometimes more pieces than it has."""
    line = draw(st.sampled_from(order.items))
    first = draw(st.integers(1, line.quantity))
    parts = draw(st.sampled_from([[], [Part(first), Part(line.quantity - first + 1)], [Part(first)] * 2]))
    if first < line.quantity and draw(st.booleans()):
        parts = [Part(first), Part(line.quantity - first)]
    above = replace(given, ids=lambda kind: given.ids(kind) + (10 if kind == "order_item" else 0))
    try:
        return split(order, line.id, parts, above)
    except Refusal as refusal:
        assert refusal.code == "invalid"
        return []


def step(draw: Draw, log: Shop, stream: str) -> Facts:
    """One thing that happens to an order; the facts that were written."""
    order = log.orders()[stream]
    some = ["plan"] * 3 if needs_planning(order) else ["command"] * 3
    what = draw(
        st.sampled_from(
            [
                *some,
                "command",
                "command",
                "push",
                "request",
                "unplanned",
                "cancellation",
                "carrier",
                "correction",
                "split",
            ]
        )
    )
    if what == "split":
        return log.write(stream, random_split(draw, order, log.given()))
    if what == "cancellation":
        return log.write(stream, random_cancellation(draw, order, log.given()))
    if what == "correction":
        return log.write(stream, random_correction(draw, order, log.given()))
    if what == "carrier":
        shipment = draw(st.sampled_from([*order.shipments, 0]))
        if draw(st.booleans()):
            return log.write(stream, labelled(order, shipment, awb_number="C1"))
        reports: Any = ["shipped", "delivered", "attempted_delivery", "delivery_failed"]
        return log.write(stream, reported(order, shipment, draw(st.sampled_from(reports))))
    if what == "push" and log.answers:
        levels = {draw(st.sampled_from(SKUS)): Decimal(draw(st.integers(0, 9)))}
        location = draw(st.sampled_from(LOCATIONS))
        return log.write(f"stock-{location}", [StockPushed(stock=location, levels=levels)])
    if what == "plan":
        try:
            return log.write(stream, record_plan(order, random_plan(draw, log, order), log.given()))
        except Refusal as refusal:
            assert refusal.code == "conflict"
            return []
    if what == "request":
        try:
            return log.write(stream, request_plan(order))
        except Refusal as refusal:
            assert refusal.code == "state_conflict" and order.status is not OrderStatus.approved
            return []
    if what == "unplanned":
        return log.write(stream, record_unplanned(order, [draw(st.sampled_from(["none fits", "no answer"]))]))
    return log.write(stream, random_command(draw, log, order, log.given()))


@settings(max_examples=45, deadline=None)
@given(st.data())
def test_the_laws_hold_after_every_step(data: st.DataObject) -> None:
    draw = data.draw
    log = Shop(answers=draw(st.booleans()))
    for location in LOCATIONS:
        levels = {sku: Decimal(draw(st.integers(0, 12))) for sku in SKUS}
        log.write(f"stock-{location}", [StockPushed(stock=location, levels=levels)])
        most = draw(st.sampled_from([None, 1, 2, 5]))
        profile = Profile(f"L{location}", "Shop", max_quota=most)
        log.write(f"location-{location}", [LocationRegistered(location=location, profile=profile)])
    for id in (1, 2):
        items = tuple(
            OrderItem(n, draw(st.sampled_from(SKUS)), draw(st.integers(1, 4)))
            for n in range(1, draw(st.integers(1, 3)) + 1)
        )
        carrier = draw(st.sampled_from([1, 2]))
        log.write(f"order-{id}", [shop.received(carrier, order=id, number=f"R{id}", items=items)])
    for _ in range(draw(st.integers(5, 30))):
        log.at += timedelta(seconds=draw(st.sampled_from([0, 1, 300])))
        stream = draw(st.sampled_from(["order-1", "order-2"]))
        step(draw, log, stream)
        availability = [(location, sku, row) for (location, sku), row in log.stock.items()]
        assert log.laws.finish(availability, log.slots.items()) == []
        for order in log.orders().values():
            assert msgspec.json.encode(order)
            assert order.version == log.versions[f"order-{order.id}"]
            assert len({p.number for p in order.packages.values()}) == len(order.packages)
