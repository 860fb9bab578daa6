"""Why a plan is as it is, worked out from its kept inputs by running the same code with somebody looking on."""

from dataclasses import dataclass, field
from math import isinf
from typing import Any

from scenarios.demand import Demand
from scenarios.inputs import Inputs
from scenarios.plan import plan
from scenarios.planned import Plan, PlannedPackage, plan_bytes
from scenarios.rules import ORDERINGS, Question, reason_against
from scenarios.sentences import Candidate, Considered, open_sentence, package_sentence


@dataclass(slots=True)
class Notebook:
    """A recorder: what each rule considered."""

    inputs: Inputs
    rules: dict[int, Considered] = field(default_factory=dict)

    def rule(self, index: int, question: Question, lines: list[int], ranking: list[int]) -> None:
        rule = self.inputs.frame.scenario.rules[index]
        values = {key.by: ORDERINGS[key.by](question) for key in rule.order_by}
        rank = {at: i for i, at in enumerate(ranking, start=1)}
        places = question.desk.places
        found = []
        for at in [*ranking, *(at for at in places.by_code if at not in rank)]:
            removed = None if at in rank else reason_against(question, at)
            keys = {by: None if isinf(column[at]) else column[at] for by, column in values.items()}
            held = {sku: row[at] for sku, row in zip(question.skus, question.stock, strict=True) if row[at]}
            found.append(Candidate(places.rows[at], removed, keys if at in rank else {}, rank.get(at), held))
        wanted = dict(zip(question.skus, question.pieces, strict=True))
        self.rules[index] = Considered(rule, wanted, found)


def explain(inputs: Inputs) -> dict[str, Any]:
    """The explanation as data and as `sentences` (spec 2.6): `rules` [{rule, candidates [{location, removed_by |
    sort_key, rank}], chosen, open}], the scenario, its version, the planner version, the inputs' digest."""
    notebook = Notebook(inputs)
    frame, demand = inputs.frame, inputs.case.demand
    made = plan(demand, inputs.world(), frame.scenario, frame.transfer_scenarios, notebook)
    codes = {place.id: place.erp_code for place in frame.places}
    by_rule = _packages_by_rule(made)
    open_ = {line.id: line.quantity for line in demand.lines}
    rules = []
    for index, rule in enumerate(frame.scenario.rules):
        considered = notebook.rules.get(index)
        for package in by_rule.get(index, ()):
            for line in package.lines:
                open_[line.line] -= line.quantity
        rules.append(
            {
                "rule": rule.name,
                "candidates": [one.as_json() for one in considered.candidates] if considered else [],
                "chosen": [codes[package.location] for package in by_rule.get(index, ())],
                "open": [{"line": line, "quantity": n} for line, n in open_.items() if n],
            }
        )
    return {
        "scenario": {"id": frame.scenario.id, "version": frame.scenario.version, "name": frame.scenario.name},
        "planner": made.planner,
        "inputs": inputs.digest,
        "asked_at": inputs.case.asked_at,
        "distances_from": _distances_from(inputs.case.demand),
        "stock": {
            sku: {frame.places[at].erp_code: n for at, n in enumerate(rows) if n}
            for sku, rows in inputs.case.stock.items()
        },
        "stock_apart": None
        if inputs.case.reserved is None
        else {sku: _apart(inputs, sku) for sku in inputs.case.stock},
        "rules": rules,
        "lower_bound": made.lower_bound,
        "proven": made.proven,
        "sentences": _sentences(made, notebook, codes),
    }


def _apart(inputs: Inputs, sku: str) -> dict[str, dict[str, int]]:
    """By erp code, where there is or was any: `stock` as it was known (a service's answer, or the own count),
    `reserved` of it by the log, `safety_stock` that is never planned, and what was `available` then."""
    case, found = inputs.case, {}
    reserved, left = (dict((rows or {}).get(sku, ())) for rows in (case.reserved, case.left))
    for at, available in enumerate(case.stock[sku]):
        place = inputs.frame.places[at]
        free = available + place.safety_stock if available else left.get(at, 0)
        held = reserved.get(at, 0)
        if free or held:
            found[place.erp_code] = {
                "stock": free + held,
                "reserved": held,
                "safety_stock": place.safety_stock,
                "available": available,
            }
    return found


def recheck(inputs: Inputs, planned: bytes) -> bool:
    """Whether the kept inputs give the same plan again, byte for byte (within one planner version)."""
    frame = inputs.frame
    again = plan(inputs.case.demand, inputs.world(), frame.scenario, frame.transfer_scenarios)
    return plan_bytes(again) == planned


def _packages_by_rule(made: Plan) -> dict[int, list[PlannedPackage]]:
    """By the counts of the plan's choices: packages stand in the order of the rules. A ship_complete order that
    waits chose nothing in the end."""
    found: dict[int, list[PlannedPackage]] = {}
    rest = iter(made.packages)
    for choice in made.choices if made.packages else ():
        found[choice["rule"]] = [next(rest) for _ in range(choice["packages"])]
    return found


def _sentences(made: Plan, notebook: Notebook, codes: dict[int, str]) -> list[str]:
    said = []
    number = 0
    for index, packages in _packages_by_rule(made).items():
        chosen = {package.location for package in packages}
        for package in packages:
            number += 1
            said.append(package_sentence(number, package, notebook.rules[index], chosen, codes))
    default = notebook.inputs.frame.scenario.default_stock_location
    said += [open_sentence(line, default) for line in made.open_lines]
    demand = notebook.inputs.case.demand
    if demand.by_city:
        said.append(f"The address has no coordinates: distances are from the middle of {demand.destination.city}")
    return said


def _distances_from(demand: Demand) -> str | None:
    """What the coordinates are of that distances were measured from; None: nobody knows any."""
    if demand.destination.latitude is None:
        return None
    return "city" if demand.by_city else "address"
