"""Why not LOCATION: the first condition that failed, and the smallest change that would have let it win (spec 2.6).

Every answer is tried: the plan is made again with the change, and with one unit less of it. A location wins when the
plan gives it a package."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from domain.kernel import invalid
from scenarios.changes import Change, changed, told
from scenarios.definition import Rule
from scenarios.desk import Desk
from scenarios.hours import ready_at
from scenarios.inputs import Inputs
from scenarios.plan import plan
from scenarios.planned import Plan
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
    reason_against,
    within_km,
)
from scenarios.rules import below_channel_limit as channel_limit
from scenarios.rules import below_daily_maximum as daily_maximum

NAMED = 5  # of those that would have to be left out, in the sentence; the data has all
ROUNDS = 40  # filters to pass, and others to leave out: a bound on the work


class Asked:
    """What the rules were asked, kept while the plan was made."""

    def __init__(self) -> None:
        self.rules: dict[int, tuple[Question, list[int], list[int]]] = {}

    def rule(self, index: int, question: Question, lines: list[int], ranking: list[int]) -> None:
        # The desk goes on: what it had taken by then is put away with the question.
        desk = Desk(question.desk.demand, question.desk.view)
        desk.taken, desk._rows = dict(question.desk.taken), {k: row[:] for k, row in question.desk._rows.items()}
        stock = tuple(row[:] for row in question.stock)
        self.rules[index] = (replace(question, desk=desk, stock=stock), lines, ranking)


def why_not(inputs: Inputs, code: str) -> dict[str, Any]:
    """{location, chosen, condition, changes [{what, of, from, to}], rule, rules [{rule, condition}], sentence} of a
    location by its erp code; raises Refusal `invalid` where the plan knew of none."""
    at = next((n for n, place in enumerate(inputs.frame.places) if place.erp_code == code), None)
    if at is None:
        raise invalid(why_not=f"The plan knew of no location {code[:100]}.")
    asked = Asked()
    made = _planned(inputs, asked)
    rules = inputs.frame.scenario.rules
    said = [
        {"rule": rules[i].name, "condition": _condition(q, ranking, at)} for i, (q, _, ranking) in asked.rules.items()
    ]
    answer = {"location": code, "chosen": _wins(made, inputs, at), "rules": said, "rule": None, "changes": []}
    if answer["chosen"]:
        return {**answer, "condition": None, "sentence": f"{code} was chosen."}
    condition = said[0]["condition"] if said else "no line was open for any rule"
    best = _smallest(inputs, asked, at)
    if best is None:
        text = f"{code} was not chosen: {condition}. No single rule could be changed so that it wins."
        return {**answer, "condition": condition, "sentence": text}
    index, changes = best
    condition = _condition(asked.rules[index][0], asked.rules[index][2], at)
    wish = " and ".join(_wishes(changes))
    return {
        **answer,
        "condition": condition,
        "rule": rules[index].name,
        "changes": [change.as_json() for change in changes],
        "sentence": f"{code} was not chosen by “{rules[index].name}”: {condition}. It would have been if {wish}.",
    }


def _wishes(changes: Sequence[Change]) -> list[str]:
    """A part of the sentence for each; those that are left out in one."""
    out = [change.of for change in changes if change.what == "locations.exclude"]
    said = [told(change) for change in changes if change.what != "locations.exclude"]
    if out:
        named = ", ".join(out[:NAMED]) + (f" and {len(out) - NAMED} more" if len(out) > NAMED else "")
        said.append(f"{named} {'was' if len(out) == 1 else 'were'} left out")
    return said


def smallest_change(inputs: Inputs, at: int) -> tuple[int, list[Change]] | None:
    """(rule, changes) for the location at that ordinal; None where it is chosen, or nothing helps."""
    asked = Asked()
    if _wins(_planned(inputs, asked), inputs, at):
        return None
    return _smallest(inputs, asked, at)


def wins(inputs: Inputs, at: int) -> bool:
    """Whether the plan of these inputs gives the location a package."""
    return _wins(_planned(inputs), inputs, at)


def _planned(inputs: Inputs, recorder: Any = None) -> Plan:
    frame = inputs.frame
    return plan(inputs.case.demand, inputs.world(), frame.scenario, frame.transfer_scenarios, recorder)


def _wins(made: Plan, inputs: Inputs, at: int) -> bool:
    return any(package.location == inputs.frame.places[at].id for package in made.packages)


def _condition(q: Question, ranking: list[int], at: int) -> str:
    """The first thing that stood in its way under a rule."""
    reason = reason_against(q, at)
    if reason is not None:
        return reason
    lacking = [sku for sku, n, row in zip(q.skus, q.pieces, q.stock, strict=True) if row[at] < n]
    rank = f"rank {ranking.index(at) + 1} of {len(ranking)}" if at in ranking else "not ranked"
    if len(lacking) == len(q.skus) and not any(row[at] for row in q.stock):
        return f"has none of the items ({rank})"
    if lacking:
        return f"lacks {lacking[0]}" + (f" and {len(lacking) - 1} more" if len(lacking) > 1 else "") + f" ({rank})"
    return f"others stand before it ({rank})"


def _smallest(inputs: Inputs, asked: Asked, at: int) -> tuple[int, list[Change]] | None:
    found: tuple[int, list[Change]] | None = None
    for index, (question, _lines, _ranking) in asked.rules.items():
        changes = _under(inputs, index, question, at)
        if changes is not None and (found is None or len(changes) < len(found[1])):
            found = index, changes
    return found


def _under(inputs: Inputs, index: int, question: Question, at: int) -> list[Change] | None:
    """What would let it win under this rule, each as small as it can be; None: nothing does."""
    rule = inputs.frame.scenario.rules[index]
    passing = _past_filters(inputs, index, at)
    if passing is None:
        return None
    stock, priority = _stock(inputs, question, at), _priority(inputs, rule, at)
    refusals = _refusals(inputs, at, passing)
    for more in ([], refusals, stock, priority, [*refusals, *stock, *priority]):
        if _tries(inputs, at, index, [*passing, *more]):
            return _least(inputs, at, index, [*passing, *more])
    for more in ([], [*refusals, *stock]):
        without = _without_others(inputs, at, index, [*passing, *more])
        if without is not None:
            return _least(inputs, at, index, without)
    return None


def _tries(inputs: Inputs, at: int, index: int, changes: Sequence[Change]) -> bool:
    return wins(changed(inputs, at, index, changes), at)


def _past_filters(inputs: Inputs, index: int, at: int) -> list[Change] | None:
    """One change for each filter that removes it."""
    changes: list[Change] = []
    for _ in range(ROUNDS):
        asked, now = Asked(), changed(inputs, at, index, changes)
        _planned(now, asked)
        if index not in asked.rules:
            return None
        change = _of_filter(asked.rules[index][0], at)
        if change is None:
            return changes
        changes.append(change)
    return None


def _of_filter(q: Question, at: int) -> Change | None:
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


def _stock(inputs: Inputs, q: Question, at: int) -> list[Change]:
    """All that the order wants of these SKUs is there."""
    rows = inputs.case.stock
    wanted: dict[str, int] = {}
    for line in inputs.case.demand.lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    return [
        Change("stock", sku, was=rows[sku][at], to=wanted[sku], unit=1) for sku in q.skus if rows[sku][at] < wanted[sku]
    ]


def _refusals(inputs: Inputs, at: int, passing: Sequence[Change]) -> list[Change]:
    """What else it refused counts again."""
    here, done = inputs.frame.places[at].id, {change.of for change in passing if change.what == "refusal"}
    skus = sorted(sku for location, sku in inputs.case.demand.refused if location == here and sku not in done)
    return [Change("refusal", sku, was=True, to=False) for sku in skus]


def _priority(inputs: Inputs, rule: Rule, at: int) -> list[Change]:
    """It stands before all others by its priority, where the rule looks at that."""
    key = next((key for key in rule.order_by if key.by == "priority"), None)
    if key is None:
        return []
    here, every = inputs.frame.places[at], [place.priority for place in inputs.frame.places]
    to, unit = (max(every) + 1, 1) if key.descending else (min(every) - 1, -1)
    return [Change("priority", was=here.priority, to=to, unit=unit)]


def _without_others(inputs: Inputs, at: int, index: int, changes: list[Change]) -> list[Change] | None:
    """Those that were chosen are left out, again and again, until it is its turn."""
    code = {place.id: place.erp_code for place in inputs.frame.places}
    out = list(changes)
    for _ in range(ROUNDS):
        now = changed(inputs, at, index, out)
        made = _planned(now)
        if _wins(made, now, at):
            return out
        rule = now.frame.scenario.rules[index]
        chosen = {code[p.location] for p in made.packages if p.rule == rule.name} - set(rule.locations.exclude)
        if not chosen:
            return None
        out += [Change("locations.exclude", one) for one in sorted(chosen)]
    return None


def _least(inputs: Inputs, at: int, index: int, changes: list[Change]) -> list[Change]:
    """Without what is not needed, and each figure as small as it may be: one unit less, and it does not win."""
    for _ in range(ROUNDS):
        before = list(changes)
        for change in before:
            rest = [one for one in changes if one is not change]
            if _tries(inputs, at, index, rest):
                changes = rest
        for n, change in enumerate(changes):
            if change.unit and change.what in ("stock", "priority", "max_quota"):
                changes[n] = _boundary(inputs, at, index, changes, n)
        if changes == before:
            break
    return changes


def _boundary(inputs: Inputs, at: int, index: int, changes: list[Change], n: int) -> Change:
    """Between what it was, which does not do, and what does: the smallest step that does."""
    change = changes[n]
    sign = 1 if change.unit > 0 else -1
    low, high = 0, abs(change.to - (change.was or 0))
    while high - low > 1:
        middle = (low + high) // 2
        tried = replace(change, to=(change.was or 0) + sign * middle)
        if _tries(inputs, at, index, [*changes[:n], tried, *changes[n + 1 :]]):
            high = middle
        else:
            low = middle
    return replace(change, to=(change.was or 0) + sign * high)
