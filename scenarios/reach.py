"""Which locations a plan may look at: whose stock must be known before an order can be planned (spec 5).

Only filters that do not look at stock or load are asked, so what is reached may be too much, and never too little.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from scenarios.choosing import unfit
from scenarios.definition import Rule, TransferScenario
from scenarios.demand import Demand
from scenarios.desk import Desk, View
from scenarios.rules import OF_LOCATION, Question, in_same_place, is_order_store, packs, within_km

_OF_ORDER = (is_order_store, in_same_place, within_km)


def reached(
    of: Iterable[int], demand: Demand, view: View, rules: Sequence[Rule], transfers: Sequence[TransferScenario]
) -> set[int]:
    """Those of the locations (ids) that one of the rules, or a transfer to what it places, may take goods from."""
    places, desk = view.places, Desk(demand, view)
    asked = [rule for rule in rules if desk.wanted(rule.items)]
    questions = [Question(desk, rule.locations, demand.destination, (), (), ()) for rule in asked]
    sources: list[Any] = []
    if any(rule.transferable for rule in asked):
        fit = (one for one in transfers if one.active and unfit(one.prerequisites, demand) is None)
        sources = [rule.locations for one in fit for rule in one.rules]
    found = set()
    for id in of:
        at = places.ordinal.get(id)
        if at is None:
            continue
        place = places.rows[at]
        if any(
            all(ask(place, q.where) is None for ask in OF_LOCATION) and all(ask(q, at) is None for ask in _OF_ORDER)
            for q in questions
        ) or any(all(ask(place, where) is None for ask in OF_LOCATION if ask is not packs) for where in sources):
            found.add(id)
    return found
