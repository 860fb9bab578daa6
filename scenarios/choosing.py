"""Which scenario plans an order: the first in priority order whose prerequisites fit (spec 2.1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scenarios.conditions import holds, of_order, of_place
from scenarios.definition import Prerequisite, Scenario, TransferScenario
from scenarios.demand import Demand
from scenarios.places import Place


@dataclass(frozen=True, slots=True)
class Choice:
    """`scenario` None: the order is unplanned; `reasons` (scenario id, text) of those that were passed over."""

    scenario: Scenario | None
    reasons: tuple[tuple[int, str], ...]


def choose_scenario(demand: Demand, scenarios: Iterable[Scenario], at: datetime) -> Choice:
    """At the time `at` (aware), which decides on valid_from and valid_to."""
    reasons: list[tuple[int, str]] = []
    for scenario in sorted(scenarios, key=lambda one: (one.priority, one.id)):
        reason = _against(scenario, demand, at)
        if reason is None:
            return Choice(scenario, tuple(reasons))
        reasons.append((scenario.id, f"{scenario.name}: {reason}"))
    return Choice(None, tuple(reasons))


def _against(scenario: Scenario, demand: Demand, at: datetime) -> str | None:
    if not scenario.active:
        return "passive"
    if scenario.valid_from and at < scenario.valid_from:
        return f"valid from {scenario.valid_from.isoformat()}"
    if scenario.valid_to and at >= scenario.valid_to:
        return f"was valid until {scenario.valid_to.isoformat()}"
    return unfit(scenario.prerequisites, demand)


def _reason(one: Prerequisite, demand: Demand) -> str | None:
    value, what = getattr(demand, one.on), one.on.replace("_", " ")
    if one.expression:
        fits = holds(one.expression, {**of_order(demand), "value": value})
        return None if fits else f"{what} is {value or 'not given'}: {one.expression} does not hold"
    return None if value in one.values else f"{what} is {value or 'not given'}, wanted is {' or '.join(one.values)}"


def unfit(prerequisites: Iterable[Prerequisite], demand: Demand) -> str | None:
    """The first prerequisite the order does not meet, in words."""
    for one in prerequisites:
        reason = _reason(one, demand)
        if reason is not None:
            return reason
    return None


def transfer_scenario_for(
    demand: Demand, location: Place, scenarios: Sequence[TransferScenario]
) -> TransferScenario | None:
    """The first active one that serves the package's location and fits the order."""
    for one in sorted(scenarios, key=lambda one: (one.priority, one.id)) if len(scenarios) > 1 else scenarios:
        if one.active and _serves(one, demand, location) and unfit(one.prerequisites, demand) is None:
            return one
    return None


def _serves(one: TransferScenario, demand: Demand, location: Place) -> bool:
    if one.package_location_expression:
        return holds(one.package_location_expression, {**of_order(demand), **of_place(location)})
    return not one.package_location or location.erp_code in one.package_location
