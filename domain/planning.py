"""A plan put into facts: packages born (A1), lines moved out of packages that wait (A2), the rest parked (spec 2.1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.changing import replace
from domain.kernel import Facts, Given, Refusal
from domain.order import Order, OrderFulfilledByMultiplePackages, OrderPlanned, OrderUnplanned, needs_planning
from domain.package import NewItem, Package, PackageCreated, PackageLinesReplanned
from domain.planning_facts import Level
from domain.states import UNPLANNED, PackageStatus
from domain.transfer import NewTransferItem, TransferCreated

Line = tuple[int, int]
"""(order item, pieces)."""

Row = tuple[int, str]
"""(location, SKU)."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Goods of a placement that come from `source`, by way of a hub where `via` says so; `levels` and `margin` as of a
    placement."""

    source: int
    lines: tuple[Line, ...]
    levels: tuple[Level, ...] = ()
    margin: int = 0
    via: int | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """One new package: all its lines, those that come by `legs` among them."""

    location: int
    rule: str
    lines: tuple[Line, ...]
    legs: tuple[Leg, ...] = ()
    levels: tuple[Level, ...] = ()
    margin: int = 0
    by_quota: bool = False


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """What the planner decided for an order. `default_location` is where the rest is parked in 920."""

    scenario: int
    scenario_version: int
    scenario_name: str
    planner: str
    inputs: str
    choices: Mapping[str, Any]
    initial_status: PackageStatus
    default_location: int
    placements: tuple[Placement, ...]


class AtOnce(Protocol):
    """Plans inside a command's decision. Nothing is taken from the rows `but`."""

    def bring(self, order: Order, package: int, missing: Mapping[int, int], but: frozenset[Row]) -> Sequence[Leg]:
        """New transfers to the package of pieces (by package item) that do not come; lines by package item."""

    def plan(self, order: Order, but: frozenset[Row]) -> "PlanRecord | None":
        """A plan of all that waits; None where it cannot be made now."""


def open_lines(order: Order) -> dict[int, int]:
    """Pieces per order item that wait to be planned: outside packages, or in packages in 910 or 920."""
    lines = dict(order.waiting)
    for package in order.packages.values():
        if package.state in UNPLANNED:
            for item in package.items:
                lines[item.item] = lines.get(item.item, 0) + item.quantity
    return lines


def record_plan(order: Order, plan: PlanRecord, given: Given) -> Facts:
    """The facts of a plan; none where nothing could be placed and nothing is outside a package. Raises `conflict`
    where the order has moved on and the plan no longer fits its open lines."""
    if not needs_planning(order):
        return []
    placed = _sum(line for p in plan.placements for line in p.lines)
    open_now = open_lines(order)
    if any(pieces > open_now.get(item, 0) for item, pieces in placed.items()):
        raise Refusal("conflict", f"Order {order.number} has moved on since it was planned.")
    if not placed and not order.waiting:
        return []

    first = not order.plans
    plan_id = given.ids("plan")
    out: Facts = []
    still = {item: pieces - order.waiting.get(item, 0) for item, pieces in placed.items()}
    for package in order.packages.values():
        if package.state in UNPLANNED:
            moved = []
            for row in package.items:
                take = min(row.quantity, still.get(row.item, 0))
                if take > 0:
                    still[row.item] -= take
                    moved.append((row.id, take))
            if moved:
                emptied = sum(take for _, take in moved) == package.quantity
                out.append(PackageLinesReplanned(package=package.id, moved=tuple(moved), emptied=emptied))

    born = plan.initial_status if first and len(plan.placements) > 1 else PackageStatus.waiting
    births = order.births
    for placement in plan.placements:
        births += 1
        out += _birth(order, plan, plan_id, placement, births, born, given)

    rest = {item: pieces - placed.get(item, 0) for item, pieces in order.waiting.items()}
    parked = tuple((item, pieces) for item, pieces in rest.items() if pieces > 0)
    if parked:
        births += 1
        out.append(_parked(order, plan, plan_id, parked, births, given))
    out.append(
        OrderPlanned(
            order=order.id,
            plan=plan_id,
            scenario=plan.scenario,
            scenario_version=plan.scenario_version,
            scenario_name=plan.scenario_name,
            planner=plan.planner,
            inputs=plan.inputs,
            choices=plan.choices,
            again=not first,
        )
    )
    if first and len(plan.placements) > 1:
        out.append(OrderFulfilledByMultiplePackages(order=order.id, packages=len(plan.placements)))
    return out


def record_unplanned(order: Order, reasons: Iterable[str]) -> Facts:
    """Why it waits, once per change of the reasons."""
    said = tuple(reasons)
    return (
        [] if not needs_planning(order) or order.unplanned == said else [OrderUnplanned(order=order.id, reasons=said)]
    )


def _sum(lines: Iterable[Line]) -> dict[int, int]:
    total: dict[int, int] = {}
    for item, pieces in lines:
        total[item] = total.get(item, 0) + pieces
    return total


def _birth(
    order: Order, plan: PlanRecord, plan_id: int, placement: Placement, nth: int, born: PackageStatus, given: Given
) -> Facts:
    sku = {i.id: i.sku for i in order.items}
    number = f"{order.number}P{nth}"
    coming = _sum(line for leg in placement.legs for line in leg.lines)
    items = tuple(
        NewItem(id=given.ids("package_item"), item=item, sku=sku[item], quantity=n, coming=coming.get(item, 0))
        for item, n in _sum(placement.lines).items()
    )
    of_item = {i.item: i.id for i in items}
    package = PackageCreated(
        package=given.ids("package"),
        number=number,
        state=PackageStatus.waiting_for_transfer if placement.legs else born,
        born=born,
        location=placement.location,
        items=items,
        scenario=plan.scenario,
        scenario_version=plan.scenario_version,
        rule=placement.rule,
        plan=plan_id,
        levels=placement.levels,
        margin=placement.margin,
        by_quota=placement.by_quota,
    )
    by_item = (
        replace(leg, lines=tuple((of_item[item], n) for item, n in _sum(leg.lines).items())) for leg in placement.legs
    )
    transfers = _transfers(package.package, number, placement.location, 1, by_item, {i.id: i.sku for i in items}, given)
    return [package, *transfers]


def asked_of(package: Package, legs: Iterable[Leg], given: Given) -> Facts:
    """New transfers to a package that is there; the lines of `legs` are its items."""
    sku = {i.id: i.sku for i in package.items}
    return _transfers(package.id, package.number, package.location, len(package.transfers) + 1, legs, sku, given)


def _transfers(
    package: int, number: str, destination: int, first: int, legs: Iterable[Leg], sku: Mapping[int, str], given: Given
) -> Facts:
    return [
        TransferCreated(
            transfer=given.ids("transfer"),
            number=f"{number}T{n}",
            package=package,
            source=leg.source,
            destination=destination if leg.via is None else leg.via,
            onward=None if leg.via is None else destination,
            items=tuple(
                NewTransferItem(given.ids("transfer_item"), item, sku[item], pieces) for item, pieces in leg.lines
            ),
            levels=leg.levels,
            margin=leg.margin,
        )
        for n, leg in enumerate(legs, first)
    ]


def _parked(
    order: Order, plan: PlanRecord, plan_id: int, lines: tuple[Line, ...], nth: int, given: Given
) -> PackageCreated:
    """The default location is a parking place: nothing is reserved there."""
    sku = {i.id: i.sku for i in order.items}
    return PackageCreated(
        package=given.ids("package"),
        number=f"{order.number}P{nth}",
        state=PackageStatus.out_of_stock,
        born=PackageStatus.waiting,
        location=plan.default_location,
        items=tuple(NewItem(given.ids("package_item"), item, sku[item], pieces) for item, pieces in lines),
        scenario=plan.scenario,
        scenario_version=plan.scenario_version,
        rule="default stock location",
        plan=plan_id,
    )
