"""One order planned on what is known now: the facts of its plan, or why it waits. Nothing is written here."""

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from domain import reservations
from domain.kernel import Facts, Given, Refusal
from domain.kinds import stream_of
from domain.location import Location
from domain.order import Order, evolve
from domain.planning import PlanRecord, record_plan, record_unplanned
from eventlog.recorded import Claim, Decision, Written, new_command_id
from scenarios.choosing import choose_scenario
from scenarios.definition import Scenario
from scenarios.demand import Demand
from scenarios.inputs import Inputs, keep
from scenarios.inquiry import Answered
from scenarios.plan import plan
from scenarios.planned import Plan, apply_plan
from scenarios.reach import reached
from scenarios.recording import day_claims, plan_record
from scenarios.rulebook import Rulebook
from scenarios.waiting import Need

ACTOR = "planner"

log_ = logging.getLogger("daybook.planner")


@dataclass(slots=True)
class Draft:
    """`facts` to write, if any; `inputs` where it is planned; `silent`: it waits for a stock service; `claims`: keys
    that nobody else may have taken."""

    facts: Facts
    inputs: Inputs | None = None
    silent: bool = False
    claims: tuple[str, ...] = ()


@dataclass(slots=True)
class Try:
    """One order of a batch on its way into the log, as it was `at` a time."""

    need: Need
    order: Order
    draft: Draft
    at: datetime


Sent: TypeAlias = "tuple[Try, Future[Written] | None]"
"""A try on its way into the log; None where there was nothing to write."""


@dataclass(slots=True)
class Proposal:
    """A plan as made, and as it is recorded; or why there is none."""

    record: PlanRecord | None = None
    made: Plan | None = None
    inputs: Inputs | None = None
    reasons: tuple[str, ...] = ()
    silent: bool = False


def propose(
    demand: Demand, answered: Answered, rulebook: Rulebook, locations: Mapping[int, Location], given: Given
) -> Proposal:
    """What is planned for the demand. Stock that nobody answered for is never guessed: a plan that looked at it is
    none."""
    choice = choose_scenario(demand, rulebook.scenarios, given.now)
    scenario = choice.scenario
    if scenario is None:
        return Proposal(reasons=tuple(text for _, text in choice.reasons) or ("there is no active scenario",))
    default = _default(scenario, locations.values())
    if default is None:
        return Proposal(reasons=(f"{scenario.name}: its default stock location is not known",))
    world = answered.world
    made = plan(demand, world, scenario, rulebook.transfers)
    silent = _looked_at_silence(demand, answered, rulebook, scenario, made)
    if silent is not None:
        return Proposal(reasons=(silent,), silent=True)
    inputs = keep(demand, world, rulebook.frame(scenario, world.places), answered.asked_at.isoformat())
    return Proposal(plan_record(made, scenario, default, inputs.digest, answered), made, inputs)


def draft(
    order: Order,
    demand: Demand,
    answered: Answered,
    rulebook: Rulebook,
    locations: Mapping[int, Location],
    given: Given,
) -> Draft:
    """The facts of the order's plan; what it takes is taken from the answered world, for the next of the batch."""
    proposal = propose(demand, answered, rulebook, locations, given)
    if proposal.record is None or proposal.made is None:
        return Draft(record_unplanned(order, proposal.reasons), silent=proposal.silent)
    try:
        facts = record_plan(order, proposal.record, given)
    except Refusal as moved_on:
        log_.info("%s", moved_on)
        return Draft([])
    claims = day_claims(proposal.made, demand, answered.world)
    apply_plan(answered.world, proposal.made, demand=demand)
    return Draft(facts, proposal.inputs, claims=claims)


def _looked_at_silence(
    demand: Demand, answered: Answered, rulebook: Rulebook, scenario: Scenario, made: Plan
) -> str | None:
    """Why the plan counts for nothing: a rule that was asked may have used a location whose stock is not known."""
    unknown = answered.unknown({line.sku for line in demand.lines})
    if not unknown:
        return None
    asked = [scenario.rules[choice["rule"]] for choice in made.choices]
    looked_at = reached(unknown, demand, answered.world, asked, rulebook.transfers)
    return "; ".join(sorted({unknown[at] for at in looked_at})) or None


def _default(scenario: Scenario, locations: Iterable[Location]) -> int | None:
    return next((at.id for at in locations if at.profile.erp_code == scenario.default_stock_location), None)


def decision(done: Try) -> Decision:
    """The facts of one order with their effects on the guards, to be written if the order has not moved on."""
    stream = stream_of("order", done.order.id)
    state, effects = done.order, []
    for fact in done.draft.facts:
        after = evolve(state, fact, done.at)
        effects += reservations.effects(state, fact, after)
        state = after
    id = new_command_id()
    return Decision(
        command_id=id,
        events=tuple((stream, fact) for fact in done.draft.facts),
        expects={stream: done.order.version},
        claims=tuple(Claim(key) for key in done.draft.claims),
        effects=tuple(effects),
        actor=ACTOR,
        command="plan",
        correlation_id=done.need.cause.correlation or id.hex,
        causation_id=done.need.cause.event,
    )
