"""What is allowed in a scenario and still seldom meant: said when it is saved, refused never. Each warning says why:
codes nobody has, rules that can never match, contradictions, a scenario that can plan nothing."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from scenarios import conditions
from scenarios.definition import ItemFilter, LocationFilter, Prerequisite, Rule, Scenario, SourceRule, TransferScenario
from scenarios.places import Place, Places
from scenarios.rules import OF_LOCATION, packs

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Known:
    """What else stands beside a scenario: slugs of channels and carriers (None: not looked at), the other active
    scenarios, whether there is an active transfer scenario, and the time."""

    channels: Collection[str] | None = None
    carriers: Collection[str] | None = None
    others: Sequence[Scenario] = ()
    transfers: bool = True
    now: datetime | None = None


@dataclass(slots=True)
class _Found:
    """The warnings of one rule; `never`: it can place nothing at all, as things are."""

    texts: list[str] = field(default_factory=list)
    never: bool = False


def warnings(scenario: Scenario | TransferScenario, places: Places, known: Known | None = None) -> list[str]:
    """One text each, those of the whole first."""
    known = known or Known()
    found = list(_asked(scenario.prerequisites, known))
    rules: Sequence[Rule | SourceRule] = scenario.rules
    of_rules = [_rule(rule, places, known) for rule in rules]
    if isinstance(scenario, Scenario):
        found = [*_default(scenario, places), *_reach(scenario, known), *found]
        _after_all(scenario.rules, of_rules)
    else:
        found += _unknown("package_location", scenario.package_location, places)
        if scenario.hub is not None:
            found += [f"hub: {text}" for text in _rule(scenario.hub, places, known).texts]
    if all(one.never for one in of_rules):
        what = "plan" if isinstance(scenario, Scenario) else "bring"
        found.append(f"It can {what} nothing: no rule of it can match as things are.")
    for i, (rule, one) in enumerate(zip(rules, of_rules, strict=True)):
        found += [f"rules[{i}] ({rule.name}): {text}" for text in one.texts]
    return found


# --- the scenario as a whole


def _default(scenario: Scenario, places: Places) -> Iterator[str]:
    code = scenario.default_stock_location
    if code is None:
        yield "No default_stock_location: it can plan nothing, since what no rule places has no location to wait at."
    elif code not in {place.erp_code for place in places.rows}:
        yield f"default_stock_location: no location has the erp code {code}, so it can plan nothing."


def _reach(scenario: Scenario, known: Known) -> Iterator[str]:
    """Whether any order comes to it."""
    if known.now is not None and scenario.valid_to is not None and scenario.valid_to <= known.now:
        yield f"valid_to: it was valid until {scenario.valid_to.isoformat()}, and plans nothing any more."
    for other in known.others:
        before = (other.priority, other.id) < (scenario.priority, scenario.id)
        always = not other.prerequisites and other.valid_from is None and other.valid_to is None
        if scenario.active and before and always and other.id != scenario.id:
            yield f"priority: scenario “{other.name}” stands before it and asks for nothing, so no order comes to it."
            return


def _asked(prerequisites: Iterable[Prerequisite], known: Known) -> Iterator[str]:
    slugs = {"channel": known.channels, "cargo_company": known.carriers}
    for one in prerequisites:
        there = slugs.get(one.on)
        for value in one.values if there is not None else ():
            if value not in (there or ()):
                yield f"prerequisites.{one.on}: there is no {one.on.replace('_', ' ')} {value}."
        if conditions.never(one.expression):
            yield f"prerequisites.{one.on}.expression: it is never true, so no order fits."


def _after_all(rules: Sequence[Rule], found: Sequence[_Found]) -> None:
    """Rules behind one that takes whatever there is."""
    taker: Rule | None = None
    for rule, one in zip(rules, found, strict=True):
        if taker is not None and not rule.transferable and not rule.locations.allow_refused:
            one.texts.append(f"It can never match: “{taker.name}” before it takes all that is in stock anywhere.")
        if taker is None and _takes_all(rule):
            taker = rule


def _takes_all(rule: Rule) -> bool:
    anywhere = rule.locations in (LocationFilter(), LocationFilter(by_stock=True))
    return anywhere and rule.items.takes_all and rule.coverage == "split_lines" and rule.max_packages is None


# --- one rule


def _rule(rule: Rule | SourceRule, places: Places, known: Known) -> _Found:
    where, dispatch = rule.locations, isinstance(rule, Rule)
    found = _Found()
    found.texts += _unknown("locations.include", where.include, places)
    found.texts += _unknown("locations.exclude", where.exclude, places)
    found.texts += _contradictions(where, places)
    left = _left(where, dispatch, places, found)
    if left and where.by_quota:
        _quota(left, found)
    found.texts += _near(where, left)
    found.texts += _order_by(rule, left)
    if where.open_at and left and not any(p.week or p.closed_days or p.cut_off is not None for p in left):
        found.texts.append("locations.open_at: none of its locations has hours, so it removes nobody.")
    if isinstance(rule, Rule):
        _of_packages(rule, known, found)
    return found


def _left(where: LocationFilter, dispatch: bool, places: Places, found: _Found) -> list[Place]:
    """Who can pass the filters that look only at the location."""
    left, reasons = [], Counter[str]()
    for place in places.rows:
        asks = [ask for ask in OF_LOCATION if dispatch or ask is not packs]
        reason = next((said for ask in asks if (said := ask(place, where)) is not None), None)
        if reason is None:
            left.append(place)
        else:
            reasons[reason] += 1
    if not left:
        said = "; ".join(f"{n} {reason}" for reason, n in reasons.most_common(SHOWN)) or "there is none"
        found.texts.append(f"It can never match: no location passes as things are ({said}).")
        found.never = True
    return left


def _contradictions(where: LocationFilter, places: Places) -> Iterator[str]:
    both = [code for code in where.include if code in where.exclude]
    if both:
        yield f"locations.exclude: takes away what include names: {', '.join(both[:SHOWN])}."
    for tag in where.tags:
        if not any(tag in place.tags for place in places.rows):
            yield f"locations.tags: no location is tagged {tag}."
    if where.order_store and where.type == "warehouse":
        yield "locations.order_store: customers choose stores, and the rule takes warehouses only."


def _quota(left: Sequence[Place], found: _Found) -> None:
    """The trap: a location without max_quota, or with 0, is never selected by quota."""
    without = sorted(place.erp_code for place in left if not place.max_quota)
    if not without:
        return
    shown = ", ".join(without[:SHOWN]) + (", …" if len(without) > SHOWN else "")
    found.never = len(without) == len(left)
    which = "none" if found.never else f"never {len(without)}"
    found.texts.append(f"SELECT_BY_QUOTA selects {which} of its {len(left)} locations, without a max_quota: {shown}.")


def _near(where: LocationFilter, left: Sequence[Place]) -> Iterator[str]:
    if where.km is not None and left and all(place.address.latitude is None for place in left):
        yield "locations.near.km: none of its locations says where it is, so none is near."
    for name in where.same if left else ():
        if all(getattr(place.address, name) is None for place in left):
            yield f"locations.near.same: none of its locations says its {name}, so none is in the same."


def _order_by(rule: Rule | SourceRule, left: Sequence[Place]) -> Iterator[str]:
    """Keys of which no candidate says anything: they decide nothing."""
    silent = {
        "distance": all(place.address.latitude is None for place in left),
        "shipping_cost": all(place.shipping is None for place in left),
        "target_packaging_time": all(place.packaging_minutes is None for place in left),
        "package_density": all(not place.max_quota for place in left),
    }
    for key in rule.order_by:
        if left and silent.get(key.by):
            yield f"order_by {key.by}: none of its locations says anything of it, so it decides nothing."
    twice = [by for by, n in Counter(key.by for key in rule.order_by).items() if n > 1]
    if twice:
        yield f"order_by {twice[0]}: stands there twice; the second decides nothing."


def _of_packages(rule: Rule, known: Known, found: _Found) -> None:
    if conditions.never(rule.items.expression) or _impossible(rule.items):
        found.texts.append("It can never match: its items' condition is never true.")
        found.never = True
    if rule.coverage == "whole_order" and (rule.max_packages or 1) > 1 and rule.split_by is None:
        found.texts.append("max_packages: whole_order makes one package at most.")
    if rule.strategy == "least_cost" and not any(
        (rule.weights.package, rule.weights.kilometre, rule.weights.transfer, rule.weights.lateness)
    ):
        found.texts.append("weights: all are 0, so every choice costs the same.")
    if rule.transferable and not known.transfers:
        found.texts.append("transferable: there is no active transfer scenario, so nothing is brought.")


def _impossible(items: ItemFilter) -> bool:
    return any(not values for _key, values in items.attributes)


def _unknown(what: str, codes: Iterable[str], places: Places) -> Iterator[str]:
    known = {place.erp_code for place in places.rows}
    for code in codes:
        if code not in known:
            yield f"{what}: no location has the erp code {code}."
