"""Which locations a rule may use, and in which order: named filters in an ordered list, each returns its reason.

A filter that looks only at the location is asked once for all orders (`Places.passed`); the others once an order.
Adding one is a function, its row in FILTERS and a row of the table test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isinf

from scenarios.definition import LocationFilter, OrderKey
from scenarios.demand import Address
from scenarios.desk import Desk
from scenarios.hours import closed_now, late
from scenarios.places import Pieces, Place, Places


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule is asked: goods for `origin` (the delivery address; for a transfer, the package's location), the
    SKUs it wants with the pieces, and the usable stock of each by ordinal."""

    desk: Desk
    where: LocationFilter
    origin: Address
    skus: tuple[str, ...]
    pieces: tuple[int, ...]
    stock: tuple[Pieces, ...]
    dispatch: bool = True


Reason = str | None
KEPT = 4_096  # answers of `_standing`

# --- filters of the location alone ----------------------------------------------------------------------------------


def is_active(place: Place, _where: LocationFilter) -> Reason:
    return None if place.is_active else "not active"


def is_not_closed(place: Place, _where: LocationFilter) -> Reason:
    return place.closed or None


def included(place: Place, where: LocationFilter) -> Reason:
    return "not among the included locations" if where.include and place.erp_code not in where.include else None


def excluded(place: Place, where: LocationFilter) -> Reason:
    return "excluded by the rule" if place.erp_code in where.exclude else None


def of_type(place: Place, where: LocationFilter) -> Reason:
    return f"a {place.type}, not a {where.type}" if where.type and place.type != where.type else None


def has_roles(place: Place, where: LocationFilter) -> Reason:
    missing = [role for role in where.roles if role not in place.roles]
    return f"not a {missing[0].replace('_', ' ')}" if missing else None


def has_tags(place: Place, where: LocationFilter) -> Reason:
    missing = [tag for tag in where.tags if tag not in place.tags]
    return f"not tagged {missing[0]}" if missing else None


def packs(place: Place, _where: LocationFilter) -> Reason:
    return None if "packaging_centre" in place.roles else "not a fulfilment centre"


# --- filters of the location and the order --------------------------------------------------------------------------


def is_order_store(q: Question, at: int) -> Reason:
    if not q.where.order_store or q.desk.places.rows[at].erp_code == q.desk.demand.retail_store:
        return None
    chosen = q.desk.demand.retail_store
    return f"not the store the customer chose ({chosen})" if chosen else "the customer chose no store"


def in_same_place(q: Question, at: int) -> Reason:
    address = q.desk.places.rows[at].address
    for name in q.where.same:
        here, there = getattr(address, name), getattr(q.origin, name)
        if not here or not there:
            return f"{name} not known"
        if here.casefold() != there.casefold():
            return f"in another {name} ({here})"
    return None


def within_km(q: Question, at: int) -> Reason:
    if q.where.km is None:
        return None
    km = q.desk.km(q.origin)[at]
    if isinf(km):
        return "distance not known"
    return f"{km:.1f} km away (limit {q.where.km:g})" if km > q.where.km else None


def not_refused(q: Question, at: int) -> Reason:
    if q.where.allow_refused or not all(q.desk.refused(at, sku) for sku in q.skus):
        return None
    return "refused these items lately"


def is_open(q: Question, at: int) -> Reason:
    when, place = q.desk.demand.at, q.desk.places.rows[at]
    if q.where.open_at is None or when is None:
        return None
    if q.where.open_at == "now":
        return closed_now(place, when)
    promised = q.desk.demand.promised
    return None if promised is None else late(place, when, promised)


def below_daily_maximum(q: Question, at: int) -> Reason:
    most = q.desk.places.rows[at].max_per_day if q.dispatch else None
    if most is None or q.desk.demand.at is None:
        return None
    today = q.desk.today(at)
    return f"its packages of today are given ({today} of {most})" if today >= most else None


def below_channel_limit(q: Question, at: int) -> Reason:
    limits = q.desk.places.rows[at].channel_limits if q.dispatch else ()
    most = dict(limits).get(q.desk.demand.channel)
    if most is None:
        return None
    held = q.desk.of_channel(at)
    return f"no room for channel {q.desk.demand.channel} ({held} of {most})" if held >= most else None


def has_quota(q: Question, at: int) -> Reason:
    if not q.where.by_quota:
        return None
    most, held = q.desk.places.rows[at].max_quota, q.desk.quota(at)
    if most is None:
        return "no max_quota set, so not selectable by quota"
    return f"no free quota ({held} of {most})" if held >= most else None


def has_stock(q: Question, at: int) -> Reason:
    return "has none of the open items" if q.where.by_stock and not any(row[at] for row in q.stock) else None


OF_LOCATION: list[Callable[[Place, LocationFilter], Reason]] = [
    is_active,
    is_not_closed,
    packs,
    included,
    excluded,
    of_type,
    has_roles,
    has_tags,
]
OF_ORDER: list[tuple[Callable[[Question], bool], Callable[[Question, int], Reason]]] = [
    (lambda q: q.where.order_store, is_order_store),
    (lambda q: bool(q.where.same), in_same_place),
    (lambda q: q.where.km is not None, within_km),
    (lambda q: not q.where.allow_refused and bool(q.desk.demand.refused), not_refused),
    (lambda q: q.where.open_at is not None, is_open),
    (lambda q: q.dispatch and q.desk.places.has_day_limits, below_daily_maximum),
    (lambda q: q.dispatch and q.desk.places.has_channel_limits, below_channel_limit),
    (lambda q: q.where.by_quota, has_quota),
    (lambda q: q.where.by_stock, has_stock),
]


def reason_against(q: Question, at: int) -> Reason:
    """The first filter that removes the location, in its words; None: it is a candidate."""
    place = q.desk.places.rows[at]
    for ask in OF_LOCATION:
        reason = None if ask is packs and not q.dispatch else ask(place, q.where)
        if reason is not None:
            return reason
    for _applies, check in OF_ORDER:
        reason = check(q, at)
        if reason is not None:
            return reason
    return None


def candidates(q: Question) -> list[int]:
    """The locations no filter removes, in the order of their erp codes."""
    found: Sequence[int] = _standing(q)
    for applies, check in OF_ORDER:
        if check is not within_km and applies(q):
            found = [at for at in found if check(q, at) is None]
    return list(found)


def _standing(q: Question) -> Sequence[int]:
    """Those that pass OF_LOCATION and are near enough; both are kept with the snapshot of the locations: orders ask for
    the same towns again and again."""
    places, where = q.desk.places, q.where
    found = _kept(places, (where, q.dispatch), lambda: _of_location(places, where, q.dispatch))
    if where.km is None:
        return found
    return _kept(places, (where, q.dispatch, q.origin.latitude, q.origin.longitude), lambda: _near(q, where.km, found))


def _kept(places: Places, key: object, find: Callable[[], tuple[int, ...]]) -> tuple[int, ...]:
    found = places.passed.get(key)
    if found is None:
        if len(places.passed) >= KEPT:
            places.passed.clear()
        found = places.passed[key] = find()
    return found


def _of_location(places: Places, where: LocationFilter, dispatch: bool) -> tuple[int, ...]:
    asks = [ask for ask in OF_LOCATION if dispatch or ask is not packs]
    return tuple(at for at in places.by_code if all(ask(places.rows[at], where) is None for ask in asks))


def _near(q: Question, most: float | None, found: Sequence[int]) -> tuple[int, ...]:
    """As `within_km` says it of each."""
    km = q.desk.km(q.origin)
    return tuple(at for at in found if most is None or km[at] <= most)


# --- the order of candidates ----------------------------------------------------------------------------------------


def priority(q: Question) -> Sequence[float]:
    return [place.priority for place in q.desk.places.rows]


def stock_amount(q: Question) -> Sequence[float]:
    return [sum(column) for column in zip(*q.stock, strict=True)]


def stock_left_after(q: Question) -> Sequence[float]:
    """Pieces of the wanted SKUs that stay when it gives all it can."""
    left = [[have - n if have > n else 0 for have in row] for row, n in zip(q.stock, q.pieces, strict=True)]
    return [sum(column) for column in zip(*left, strict=True)]


def package_density(q: Question) -> Sequence[float]:
    """Load now by quota; not known (last) without a max_quota."""
    rows = q.desk.places.rows
    return [q.desk.quota(at) / place.max_quota if place.max_quota else inf for at, place in enumerate(rows)]


def distance(q: Question) -> Sequence[float]:
    return q.desk.km(q.origin)


def shipping_cost(q: Question) -> Sequence[float]:
    """What the location's conf says a package and its kilometres cost; not known (last) where it says nothing."""
    rows, km = q.desk.places.rows, q.desk.km(q.origin)
    return [
        inf if place.shipping is None else place.shipping[0] + (place.shipping[1] * far if place.shipping[1] else 0.0)
        for place, far in zip(rows, km, strict=True)
    ]


def target_packaging_time(q: Question) -> Sequence[float]:
    """Minutes it takes to pack there; not known (last) where nothing is said."""
    rows = q.desk.places.rows
    return [inf if place.packaging_minutes is None else place.packaging_minutes for place in rows]


ORDERINGS: dict[str, Callable[[Question], Sequence[float]]] = {
    "priority": priority,
    "stock_amount": stock_amount,
    "stock_left_after": stock_left_after,
    "package_density": package_density,
    "distance": distance,
    "shipping_cost": shipping_cost,
    "target_packaging_time": target_packaging_time,
}


def ranked(q: Question, found: list[int], order_by: tuple[OrderKey, ...]) -> list[int]:
    """The candidates, best first: by each key as its direction says, what is not known last, ties by erp code."""
    for key in reversed(order_by):  # sorting is stable: the last key first
        values = ORDERINGS[key.by](q)
        if key.descending:
            values = [inf if isinf(value) else -value for value in values]
        found.sort(key=values.__getitem__)
    return found


def costs(q: Question, ranking: list[int], order_by: tuple[OrderKey, ...]) -> list[float]:
    """What the first key says of the ranked candidates, so that less is better."""
    if not order_by:
        return [0.0] * len(ranking)
    values, sign = ORDERINGS[order_by[0].by](q), -1 if order_by[0].descending else 1
    return [inf if isinf(values[at]) else sign * values[at] for at in ranking]
