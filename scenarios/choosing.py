"""Which scenario plans an order: the first in priority order whose prerequisites fit (spec 2.1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scenarios.definition import Prerequisite, Scenario, TransferScenario
from scenarios.demand import Demand


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


def unfit(prerequisites: Iterable[Prerequisite], demand: Demand) -> str | None:
    """The first prerequisite the order does not meet, in words."""
    for one in prerequisites:
        value = getattr(demand, one.on)
        if value not in one.values:
            return f"{one.on.replace('_', ' ')} is {value or 'not given'}, wanted is {' or '.join(one.values)}"
    return None


def transfer_scenario_for(
    demand: Demand, location: str, scenarios: Sequence[TransferScenario]
) -> TransferScenario | None:
    """The first active one that serves the package's location (erp code) and fits the order."""
    for one in sorted(scenarios, key=lambda one: (one.priority, one.id)) if len(scenarios) > 1 else scenarios:
        serves = not one.package_location or location in one.package_location
        if one.active and serves and unfit(one.prerequisites, demand) is None:
            return one
    return None
