"""A plan, and what it does to a world. Ids, quantities and names only: small enough to be written as it is."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from scenarios.demand import Demand
from scenarios.hours import day_of
from scenarios.world import World

PLANNER_VERSION = "4"  # changes whenever the same input may give another plan


@dataclass(frozen=True, slots=True)
class PlannedLine:
    line: int
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PlannedTransfer:
    """What comes from `source` (location id) to the package's location; a part of the package's lines. `via` a hub, in
    two legs, where the transfer scenario says so."""

    source: int
    lines: tuple[PlannedLine, ...]
    via: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedPackage:
    """`lines` are all it will hold, with what its transfers bring."""

    location: int
    rule: str
    lines: tuple[PlannedLine, ...]
    transfers: tuple[PlannedTransfer, ...] = ()

    def own(self) -> dict[str, int]:
        """Pieces by SKU that its own location supplies."""
        own: dict[str, int] = {}
        for line in self.lines:
            own[line.sku] = own.get(line.sku, 0) + line.quantity
        for transfer in self.transfers:
            for line in transfer.lines:
                own[line.sku] -= line.quantity
        return {sku: n for sku, n in own.items() if n}


@dataclass(frozen=True, slots=True)
class OpenLine:
    """What no rule placed: it waits in 920 at the default location."""

    line: int
    sku: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`lower_bound`: no plan by these rules has fewer packages; `proven`: this one has just as many. `choices`: per
    rule its index, candidates, packages and bound."""

    scenario: int
    version: int
    packages: tuple[PlannedPackage, ...]
    open_lines: tuple[OpenLine, ...]
    lower_bound: int
    proven: bool
    choices: list[dict[str, Any]] = field(default_factory=list)
    planner: str = PLANNER_VERSION


def plan_bytes(plan: Plan) -> bytes:
    """Canonical JSON: equal plans are equal bytes."""
    return msgspec.json.encode(plan, order="deterministic")


def apply_plan(world: World, plan: Plan, times: int = 1, demand: Demand | None = None) -> None:
    """Reserves what the plan takes, so that the next order of a batch sees it; `times=-1` takes it back. With the
    `demand`, packages are counted for their day and channel, too."""
    for package in plan.packages:
        world.slots(package.location, times)
        if demand is not None:
            world.tallies.hold(package.location, demand.channel, times)
            if demand.at is not None:
                place = world.places.rows[world.places.ordinal[package.location]]
                world.tallies.count(package.location, day_of(place, demand.at), times)
        for sku, n in package.own().items():
            world.reserve(package.location, sku, n * times)
        for transfer in package.transfers:
            for line in transfer.lines:
                world.reserve(transfer.source, line.sku, line.quantity * times)


def undo_plan(world: World, plan: Plan) -> None:
    apply_plan(world, plan, times=-1)
