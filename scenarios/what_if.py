"""What if: one order against any scenario, in the world of now, of the past, or a given one; nothing is written (spec
2.7). The planning is that of the planner (scenarios.drafting.propose)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain import reservations
from domain.kernel import Given, Refusal
from domain.location import Location
from domain.order import Order
from domain.planning import open_lines
from domain.states import PackageStatus
from scenarios.definition import Scenario, TransferScenario
from scenarios.demand import Demand
from scenarios.drafting import propose
from scenarios.explain import explain
from scenarios.inquiry import Answered
from scenarios.planned import Plan, PlannedLine
from scenarios.rulebook import Rulebook
from scenarios.why_not import why_not
from scenarios.world import World


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the caller sets: `stock` by SKU and erp code (a SKU that is named is nowhere else), before the safety stock
    is taken off; `quota`: slots held by erp code."""

    stock: Mapping[str, Mapping[str, int]]
    quota: Mapping[str, int]

    def put(self, world: World) -> None:
        codes = {place.erp_code: place for place in world.places.rows}
        unknown = sorted({code for rows in self.stock.values() for code in rows} - set(codes))
        if unknown:
            raise Refusal("invalid", "", fields={"stock": [f"There is no location {unknown[0]}."]})
        gone = sorted(set(self.quota) - set(codes))
        if gone:
            raise Refusal("invalid", "", fields={"quota": [f"There is no location {gone[0]}."]})
        for sku, rows in self.stock.items():
            for code, place in codes.items():
                world.set_known(place.id, sku, rows.get(code, 0) + world.reserved(place.id, sku))
        for code, held in self.quota.items():
            id = codes[code].id
            world.slots(id, held - world.quota[world.places.ordinal[id]])


def anew(order: Order) -> Order:
    """The order as if nothing of it had been planned: all that is not cancelled waits."""
    waiting = {item.id: item.quantity - order.cancelled.get(item.id, 0) for item in order.items}
    return replace(order, packages={}, transfers={}, waiting={id: n for id, n in waiting.items() if n > 0}, held={})


def without(world: World, order: Order) -> None:
    """The world as if the order held nothing in it."""
    held: Counter[tuple[int, str]] = reservations.holdings(order)
    for (location, sku), n in held.items():
        world.reserve(location, sku, -n)
    for location, n in reservations.slots(order).items():
        world.slots(location, -n)


def whole(order: Order) -> bool:
    """Whether the order is better tried anew: nothing of it waits."""
    return not open_lines(order)


def tried(
    demand: Demand,
    answered: Answered,
    scenarios: Sequence[Scenario],
    transfers: Sequence[TransferScenario],
    locations: Mapping[int, Location],
    given: Given,
    about: str | None = None,
) -> dict[str, Any]:
    """What would be planned: {scenario, reasons, packages, open, lower_bound, proven, explanation, sentences}; `about`
    a location's erp code: {why_not}. No plan: `packages` is null, and `reasons` say why."""
    proposal = propose(demand, answered, Rulebook(list(scenarios), list(transfers)), locations, given)
    made, inputs = proposal.made, proposal.inputs
    if made is None or inputs is None:
        return {"scenario": None, "reasons": list(proposal.reasons), "packages": None, "open": None, "why_not": None}
    told = explain(inputs)
    return {
        "scenario": told["scenario"],
        "reasons": list(proposal.reasons),
        **shown(made, {place.id: place.erp_code for place in inputs.frame.places}),
        "lower_bound": made.lower_bound,
        "proven": made.proven,
        "stock": told["stock"],
        "stock_apart": told["stock_apart"],
        "asked_at": told["asked_at"],
        "explanation": told["rules"],
        "sentences": told["sentences"],
        "why_not": None if about is None else why_not(inputs, about),
    }


def shown(made: Plan, codes: Mapping[int, str]) -> dict[str, Any]:
    """A plan as JSON, by erp codes: {packages [{stock_location, rule, items, transfers}], open}."""

    def items(lines: Sequence[PlannedLine]) -> list[dict[str, Any]]:
        return [{"order_item": line.line, "sku": line.sku, "quantity": line.quantity} for line in lines]

    return {
        "packages": [
            {
                "stock_location": codes[package.location],
                "rule": package.rule,
                "items": items(package.lines),
                "transfers": [
                    {
                        "source": codes[transfer.source],
                        "destination": codes[package.location],
                        "via": None if transfer.via is None else codes[transfer.via],
                        "items": items(transfer.lines),
                    }
                    for transfer in package.transfers
                ],
            }
            for package in made.packages
        ],
        "open": [
            {"order_item": line.line, "sku": line.sku, "quantity": line.quantity, "reason": line.reason}
            for line in made.open_lines
        ],
    }


def shown_packages(order: Order, codes: Mapping[int, str]) -> list[dict[str, Any]]:
    """What the order really has, in the same shape with each package's number and state; ended ones are left out."""
    found = []
    for package in order.packages.values():
        if package.state is PackageStatus.cancelled:
            continue
        rows = [transfer for transfer in order.transfers.values() if transfer.package == package.id]
        found.append(
            {
                "number": package.number,
                "state": str(int(package.state)),
                "stock_location": codes.get(package.location),
                "rule": package.rule,
                "items": [{"order_item": i.item, "sku": i.sku, "quantity": i.quantity} for i in package.items],
                "transfers": [
                    {
                        "source": codes.get(row.source),
                        "destination": codes.get(row.destination),
                        "items": [{"sku": i.sku, "quantity": i.quantity} for i in row.items],
                    }
                    for row in rows
                ],
            }
        )
    return found


def nowhere(_kind: str) -> int:
    """Ids of what is never written."""
    return 0
