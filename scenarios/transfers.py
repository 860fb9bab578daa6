"""Bringing missing goods to a package's location (spec 2.4): fewest sources, then the scenario's own order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scenarios.choosing import transfer_scenario_for
from scenarios.definition import SourceRule, TransferScenario
from scenarios.desk import Desk
from scenarios.rules import Question, candidates, costs, ranked

Amounts = dict[int, int]  # pieces by index of the line


@dataclass(frozen=True, slots=True)
class Brought:
    """`legs`: (source ordinal, what it sends); `via`: the hub (ordinal) they go by, but for the hub's own."""

    legs: list[tuple[int, Amounts]] = field(default_factory=list)
    via: int | None = None

    def hub_of(self, source: int) -> int | None:
        return self.via if source != self.via else None

    def total(self) -> Amounts:
        total: Amounts = {}
        for _source, amounts in self.legs:
            for line, n in amounts.items():
                total[line] = total.get(line, 0) + n
        return total


NONE = Brought()


def bring(desk: Desk, scenarios: Sequence[TransferScenario], hub: int, missing: Mapping[int, int]) -> Brought:
    """What can be brought to `hub` (ordinal) of the missing pieces by line; nothing where no scenario fits, or where
    it wants all products and not all are found. Takes nothing from the desk."""
    scenario = transfer_scenario_for(desk.demand, desk.places.rows[hub], scenarios)
    if scenario is None or not missing:
        return NONE
    from scenarios.cover import cover_units  # numpy comes with it

    via = None if scenario.hub is None else _hub(desk, scenario.hub, hub)
    if scenario.hub is not None and via is None:
        return NONE
    need: dict[str, int] = {}
    for line, n in missing.items():
        sku = desk.demand.lines[line].sku
        if scenario.products == "listed_products" and sku not in scenario.product_list:
            continue
        need[sku] = need.get(sku, 0) + n
    legs: list[tuple[int, dict[str, int]]] = []
    for rule in scenario.rules:
        room = len(desk.places) if scenario.max_sources is None else scenario.max_sources - len(legs)
        skus = tuple(sku for sku, n in need.items() if n)
        if not skus or room < 1:
            break
        rows = tuple(desk.usable(sku, rule.locations) for sku in skus)
        pieces = tuple(need[sku] for sku in skus)
        origin = desk.places.rows[hub].address
        question = Question(desk, rule.locations, origin, skus, pieces, rows, dispatch=False)
        used = {hub, *(source for source, _ in legs)}
        sources = ranked(question, [at for at in candidates(question) if at not in used], rule.order_by)
        cover = cover_units(pieces, rows, sources, room, cost=costs(question, sources, rule.order_by))
        for rank, given in zip(cover.chosen, cover.given, strict=True):
            legs.append((sources[rank], {sku: n for sku, n in zip(skus, given, strict=True) if n}))
            for sku, n in zip(skus, given, strict=True):
                need[sku] -= n
    if scenario.products == "all_products" and any(need.values()):
        return NONE
    return Brought(_by_line(desk, missing, legs), None if via == hub else via)


def _hub(desk: Desk, rule: SourceRule, to: int) -> int | None:
    """The best location to go by on the way to the package's; that one itself means going straight."""
    question = Question(desk, rule.locations, desk.places.rows[to].address, (), (), (), dispatch=False)
    found = ranked(question, candidates(question), rule.order_by)
    return found[0] if found else None


def _by_line(
    desk: Desk, missing: Mapping[int, int], legs: list[tuple[int, dict[str, int]]]
) -> list[tuple[int, Amounts]]:
    left, found = dict(missing), []
    for source, by_sku in legs:
        amounts: Amounts = {}
        for line, n in left.items():
            sku = desk.demand.lines[line].sku
            part = min(n, by_sku.get(sku, 0))
            if part:
                amounts[line] = part
                left[line] -= part
                by_sku[sku] -= part
        found.append((source, amounts))
    return found
