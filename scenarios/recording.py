"""A plan in the planner's words becomes the record that the domain turns into facts."""

from collections.abc import Mapping
from hashlib import sha256

from domain.planning import Leg, Placement, PlanRecord
from domain.planning_facts import Level
from domain.states import PackageStatus
from scenarios.definition import Scenario
from scenarios.demand import Demand
from scenarios.hours import day_of
from scenarios.inquiry import Answered
from scenarios.places import Places
from scenarios.planned import Plan, PlannedPackage, PlannedTransfer, plan_bytes
from scenarios.world import World


def plan_record(made: Plan, scenario: Scenario, default: int, inputs: str, answered: Answered) -> PlanRecord:
    """`default` is the id of the default location, `inputs` the digest under which the inputs are kept. A decision
    carries the stock levels of just the rows it reserves (spec 2.6)."""
    by_quota = {rule.name: rule.locations.by_quota for rule in scenario.rules}
    places = answered.world.places
    return PlanRecord(
        scenario=scenario.id,
        scenario_version=scenario.version,
        scenario_name=scenario.name,
        planner=made.planner,
        inputs=inputs,
        choices={
            "plan": plan_digest(made),
            "lower_bound": made.lower_bound,
            "proven": made.proven,
            "rules": made.choices,
            "open": [{"item": o.line, "quantity": o.quantity, "reason": o.reason} for o in made.open_lines],
        },
        initial_status=PackageStatus(int(scenario.initial_status)),
        default_location=default,
        placements=tuple(_placement(p, by_quota, answered.levels, places) for p in made.packages),
    )


def day_claims(made: Plan, demand: Demand, world: World) -> tuple[str, ...]:
    """The plan's places among the packages of a day, where a location has a daily maximum: its 7th package claims the
    7th place, so that of two planners who both give it that one is refused, and plans again with fresh counts."""
    claims, given = [], dict[int, int]()
    for package in made.packages if demand.at is not None else ():
        at = world.places.ordinal[package.location]
        place = world.places.rows[at]
        if place.max_per_day is not None and demand.at is not None:
            day = day_of(place, demand.at)
            nth = given[at] = given.get(at, world.born(at, day)) + 1
            claims.append(f"day:{place.id}:{day}:{nth}")
    return tuple(claims)


Levels = Mapping[tuple[int, str], Level]


def plan_digest(made: Plan) -> str:
    """Of the plan's canonical bytes: what a recheck must come to again (spec 2.6)."""
    return sha256(plan_bytes(made)).hexdigest()


def _placement(package: PlannedPackage, by_quota: Mapping[str, bool], levels: Levels, places: Places) -> Placement:
    own = [levels[package.location, sku] for sku in package.own() if (package.location, sku) in levels]
    return Placement(
        location=package.location,
        rule=package.rule,
        lines=tuple((line.line, line.quantity) for line in package.lines),
        legs=tuple(leg_of(transfer, levels, places) for transfer in package.transfers),
        levels=tuple(own),
        margin=_safety(places, package.location),
        by_quota=by_quota[package.rule],
    )


def leg_of(transfer: PlannedTransfer, levels: Levels, places: Places) -> Leg:
    """One transfer, with the levels that were known of what it reserves."""
    rows = dict.fromkeys((transfer.source, line.sku) for line in transfer.lines)
    return Leg(
        source=transfer.source,
        lines=tuple((line.line, line.quantity) for line in transfer.lines),
        levels=tuple(levels[row] for row in rows if row in levels),
        margin=_safety(places, transfer.source),
        via=transfer.via,
    )


def _safety(places: Places, location: int) -> int:
    return places.rows[places.ordinal[location]].safety_stock
