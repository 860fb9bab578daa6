"""Which locations a plan may look at: whose stock must be known before an order can be planned (spec 5).

Only filters that do not look at stock or load are asked, so what is reached may be too much, and never too little.
"""

from collections.abc import Iterable, Sequence

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
    found = sources_reached(of, demand, view, transfers) if any(rule.transferable for rule in asked) else set()
    for id in of:
        at = places.ordinal.get(id)
        if at is not None and any(
            all(ask(places.rows[at], q.where) is None for ask in OF_LOCATION)
            and all(ask(q, at) is None for ask in _OF_ORDER)
            for q in questions
        ):
            found.add(id)
    return found


def sources_reached(of: Iterable[int], demand: Demand, view: View, transfers: Sequence[TransferScenario]) -> set[int]:
    """Those of the locations that a transfer may take goods from."""
    fit = (one for one in transfers if one.active and unfit(one.prerequisites, demand) is None)
    sources = [rule.locations for one in fit for rule in one.rules]
    asks = [ask for ask in OF_LOCATION if ask is not packs]
    places = view.places
    return {
        id
        for id in of
        if id in places.ordinal
        and any(all(ask(places.rows[places.ordinal[id]], where) is None for ask in asks) for where in sources)
    }
