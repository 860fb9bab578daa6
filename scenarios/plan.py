"""`plan(demand, world, scenario, transfer scenarios) -> Plan`: pure. No clock, no random numbers, no input but its
arguments, and none of them is changed (spec 2.1)."""

from collections.abc import Sequence
from typing import Any, Protocol

from scenarios.cutting import cut
from scenarios.definition import Rule, Scenario, SplitBy, TransferScenario
from scenarios.demand import Demand
from scenarios.desk import Desk, View
from scenarios.hours import hours_late
from scenarios.places import Pieces
from scenarios.planned import OpenLine, Plan, PlannedLine, PlannedPackage, PlannedTransfer
from scenarios.rules import Question, candidates, costs, ranked
from scenarios.strategies import STRATEGIES, Chosen, Pick, Task, settle
from scenarios.transfers import Amounts, Brought, bring


class Recorder(Protocol):
    """Looks on while a plan is made, for its explanation."""

    def rule(self, index: int, question: Question, lines: list[int], ranking: list[int]) -> None:
        """Rule `index` is about to choose from `ranking` for these lines."""


def plan(
    demand: Demand,
    world: View,
    scenario: Scenario,
    transfer_scenarios: Sequence[TransferScenario] = (),
    recorder: Recorder | None = None,
) -> Plan:
    """Packages and transfers for the demand's lines by the scenario's rules in order; what no rule placed stays open.

    Two rules that choose the same location make two packages, each with its own quota slot. A `ship_complete`
    order is placed whole or not at all."""
    desk = Desk(demand, world)
    packages: list[PlannedPackage] = []
    choices: list[dict[str, Any]] = []
    bound = 0
    for index, rule in enumerate(scenario.rules):
        lines = desk.wanted(rule.items)
        if not lines:
            continue
        chosen, considered = _place(desk, index, rule, lines, transfer_scenarios, recorder)
        picks = chosen.picks if rule.split_by is None else _cut(desk, rule, chosen.picks)
        bound += min(chosen.bound, len(picks))
        choice: dict[str, Any] = {
            "rule": index,
            "candidates": considered,
            "packages": len(picks),
            "bound": chosen.bound,
        }
        if chosen.cost is not None:
            choice |= {"cost": chosen.cost, "least": chosen.least}
        choices.append(choice)
        for pick in picks:
            settle(desk, pick)
            desk.hold_slot(pick.at)
            packages.append(_package(desk, rule, pick))
    open_lines = tuple(
        OpenLine(line.id, line.sku, n, _reason(desk, line.sku))
        for line, n in zip(demand.lines, desk.open, strict=True)
        if n > 0
    )
    if open_lines and packages and demand.ship_complete:
        packages, bound = [], 0
        short = {line.line: line.reason for line in open_lines}
        open_lines = tuple(
            OpenLine(line.id, line.sku, line.quantity, short.get(line.id, "waits: the order ships complete"))
            for line in demand.lines
        )
    return Plan(scenario.id, scenario.version, tuple(packages), open_lines, bound, bound == len(packages), choices)


def _place(
    desk: Desk,
    index: int,
    rule: Rule,
    lines: list[int],
    transfer_scenarios: Sequence[TransferScenario],
    recorder: Recorder | None,
) -> tuple[Chosen, int]:
    """One rule: its packages with their lower bound, and how many candidates it had."""
    demand = desk.demand
    skus = [demand.lines[i].sku for i in lines]
    need = [desk.open[i] for i in lines]
    rows = [desk.usable(sku, rule.locations) for sku in skus]
    question = Question(desk, rule.locations, demand.destination, *_by_sku(skus, need, rows))
    ranking = ranked(question, candidates(question), rule.order_by)
    if recorder is not None:
        recorder.rule(index, question, lines, ranking)
    if not ranking:
        return Chosen([], 0), 0

    def brought(hub: int, missing: Amounts) -> Brought:
        return bring(desk, transfer_scenarios, hub, missing)

    most = rule.max_packages or len(ranking)
    bringing = brought if rule.transferable and transfer_scenarios else None
    prices = _prices(question, ranking, rule) if rule.strategy == "least_cost" else ()
    chosen = STRATEGIES[rule.strategy](
        Task(
            desk,
            rule.coverage,
            lines,
            skus,
            need,
            rows,
            ranking,
            most,
            bringing,
            costs(question, ranking, rule.order_by) if rule.strategy == "fewest_packages" else (),
            prices,
            rule.weights.transfer,
        )
    )
    return chosen, len(ranking)


FAR = 20_038.0  # kilometres: half round the earth, for what is not known


def _prices(q: Question, ranking: list[int], rule: Rule) -> list[float]:
    """What a package costs at each of the ranked: by itself, its kilometres, its hours of lateness."""
    weights, demand, km = rule.weights, q.desk.demand, q.desk.km(q.origin)
    found = []
    for at in ranking:
        price = weights.package + weights.kilometre * min(km[at], FAR)
        if weights.lateness and demand.at is not None and demand.promised is not None:
            price += weights.lateness * hours_late(q.desk.places.rows[at], demand.at, demand.promised)
        found.append(max(round(price, 6), LEAST))
    return found


LEAST = 1e-6  # no package is for nothing, so that needless ones are never made


def _cut(desk: Desk, rule: Rule, picks: Sequence[Pick]) -> list[Pick]:
    """The packages cut as the rule says, as many as it and the locations have room for; the rest stays open."""
    made: list[Pick] = []
    by = rule.split_by or SplitBy()
    for pick in picks:
        room = desk.room(pick.at, rule.locations.by_quota)
        if rule.max_packages is not None:
            room = min(room, rule.max_packages - len(made))
        made += cut(desk.demand.lines, pick, by)[: max(0, room)]
    return made


def _by_sku(
    skus: list[str], need: list[int], rows: list[Pieces]
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[Pieces, ...]]:
    """The same with one entry per SKU, where two lines ask for the same."""
    pieces: dict[str, int] = {}
    for sku, n in zip(skus, need, strict=True):
        pieces[sku] = pieces.get(sku, 0) + n
    by_sku = dict(zip(skus, rows, strict=True))
    return tuple(pieces), tuple(pieces.values()), tuple(by_sku[sku] for sku in pieces)


def _package(desk: Desk, rule: Rule, pick: Pick) -> PlannedPackage:
    total = dict(pick.own)
    for line, n in pick.brought.total().items():
        total[line] = total.get(line, 0) + n
    for line, n in total.items():
        desk.open[line] -= n
    transfers = tuple(
        PlannedTransfer(desk.places.rows[source].id, _lines(desk, amounts), _id(desk, pick.brought.hub_of(source)))
        for source, amounts in pick.brought.legs
    )
    return PlannedPackage(desk.places.rows[pick.at].id, rule.name, _lines(desk, total), transfers)


def _id(desk: Desk, at: int | None) -> int | None:
    return None if at is None else desk.places.rows[at].id


def _lines(desk: Desk, amounts: Amounts) -> tuple[PlannedLine, ...]:
    lines = desk.demand.lines
    return tuple(PlannedLine(lines[i].id, lines[i].sku, amounts[i]) for i in sorted(amounts))


def _reason(desk: Desk, sku: str) -> str:
    return "in stock, but no rule could place it" if any(n > 0 for n in desk.stock(sku)) else "out of stock"
