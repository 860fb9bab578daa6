"""What would take away each thing that stands in a location's way: one change for the filter that removes it, its
stock, its refusals, its priority (spec 2.6). Whether that is enough is tried in scenarios.smallest."""

from collections.abc import Sequence
from typing import Any

from scenarios.changes import Change
from scenarios.definition import Rule
from scenarios.hours import ready_at
from scenarios.inputs import Inputs
from scenarios.rules import (
    OF_LOCATION,
    OF_ORDER,
    Question,
    excluded,
    has_quota,
    has_roles,
    has_stock,
    has_tags,
    in_same_place,
    included,
    is_active,
    is_not_closed,
    is_open,
    is_order_store,
    not_refused,
    of_type,
    packs,
    within_km,
)
from scenarios.rules import below_channel_limit as channel_limit
from scenarios.rules import below_daily_maximum as daily_maximum


def of_filter(q: Question, at: int) -> Change | None:
    """What lets it past the first filter that removes it, but for `has_stock`; None: it is a candidate."""
    place = q.desk.places.rows[at]
    for ask in OF_LOCATION:
        if ask(place, q.where) is not None:
            return _of_place(ask, q, at)
    for _applies, check in OF_ORDER:
        if check is not has_stock and check(q, at) is not None:
            return _of_question(check, q, at)
    return None


def _of_place(ask: Any, q: Question, at: int) -> Change:
    place, where = q.desk.places.rows[at], q.where
    if ask is is_active:
        return Change("is_active", was=False, to=True)
    if ask is is_not_closed:
        return Change("closed_until", was=place.closed)
    if ask is packs:
        return Change("role", "packaging_centre", was=False, to=True)
    if ask is included:
        return Change("locations.include", place.erp_code)
    if ask is excluded:
        return Change("locations.not_excluded", place.erp_code)
    if ask is of_type:
        return Change("locations.type", was=where.type)
    if ask is has_roles:
        return Change("role", next(role for role in where.roles if role not in place.roles), was=False, to=True)
    if ask is has_tags:
        return Change("tag", next(tag for tag in where.tags if tag not in place.tags), was=False, to=True)
    raise LookupError(f"no change is known for {ask.__name__}")


def _of_question(check: Any, q: Question, at: int) -> Change:
    place, where, desk = q.desk.places.rows[at], q.where, q.desk
    if check is is_order_store:
        return Change("retail_store", was=desk.demand.retail_store, to=place.erp_code)
    if check is in_same_place:
        return Change("locations.near.same", next(n for n in where.same if not _same(q, at, n)))
    if check is within_km:
        km = desk.km(q.origin)[at]
        known = km != float("inf")
        return Change("locations.near.km", was=where.km, to=km if known else None, unit=0.001 if known else 0)
    if check is not_refused:
        return Change("refusal", q.skus[0], was=True, to=False)
    if check is is_open:
        ready = ready_at(place, desk.demand.at) if desk.demand.at is not None else None
        if where.open_at == "promised" and ready is not None:
            return Change("promised", was=desk.demand.promised, to=ready, unit=1)
        return Change("locations.open_at", was=where.open_at)
    if check is daily_maximum:
        return Change("max_packages_per_day", was=place.max_per_day, to=desk.today(at) + 1, unit=1)
    if check is channel_limit:
        channel = desk.demand.channel
        was = dict(place.channel_limits).get(channel)
        return Change("channel_limit", channel, was=was, to=desk.of_channel(at) + 1, unit=1)
    if check is has_quota:
        return Change("max_quota", was=place.max_quota, to=desk.quota(at) + 1, unit=1)
    raise LookupError(f"no change is known for {check.__name__}")


def _same(q: Question, at: int, name: str) -> bool:
    here, there = getattr(q.desk.places.rows[at].address, name), getattr(q.origin, name)
    return bool(here and there and here.casefold() == there.casefold())


def stock_wanted(inputs: Inputs, q: Question, at: int) -> list[Change]:
    """All that the order wants of these SKUs is there."""
    rows = inputs.case.stock
    wanted: dict[str, int] = {}
    for line in inputs.case.demand.lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    return [
        Change("stock", sku, was=rows[sku][at], to=wanted[sku], unit=1) for sku in q.skus if rows[sku][at] < wanted[sku]
    ]


def refusals(inputs: Inputs, at: int, passing: Sequence[Change]) -> list[Change]:
    """What else it refused counts again."""
    here, done = inputs.frame.places[at].id, {change.of for change in passing if change.what == "refusal"}
    skus = sorted(sku for location, sku in inputs.case.demand.refused if location == here and sku not in done)
    return [Change("refusal", sku, was=True, to=False) for sku in skus]


def foremost(inputs: Inputs, rule: Rule, at: int) -> list[Change]:
    """It stands before all others by its priority, where the rule looks at that."""
    key = next((key for key in rule.order_by if key.by == "priority"), None)
    if key is None:
        return []
    here, every = inputs.frame.places[at], [place.priority for place in inputs.frame.places]
    to, unit = (max(every) + 1, 1) if key.descending else (min(every) - 1, -1)
    return [Change("priority", was=here.priority, to=to, unit=unit)]
