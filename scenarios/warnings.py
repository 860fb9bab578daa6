"""What is allowed in a scenario and still seldom meant: said when it is saved, refused never."""

from collections.abc import Iterable, Iterator, Sequence

from scenarios.definition import LocationFilter, Rule, Scenario, SourceRule, TransferScenario
from scenarios.places import Places
from scenarios.rules import OF_LOCATION, packs


def warnings(scenario: Scenario | TransferScenario, places: Places) -> list[str]:
    """One text each: unknown erp codes, rules no location can ever pass, locations without a quota under
    SELECT_BY_QUOTA, a default location that is not there."""
    found: list[str] = []
    if isinstance(scenario, Scenario):
        found += _default(scenario, places)
    else:
        found += _unknown("package_location", scenario.package_location, places)
    rules: Sequence[Rule | SourceRule] = scenario.rules
    for i, rule in enumerate(rules):
        found += [f"rules[{i}] ({rule.name}): {text}" for text in _rule(rule, places)]
    return found


def _default(scenario: Scenario, places: Places) -> Iterator[str]:
    code = scenario.default_stock_location
    if code is None:
        yield "No default_stock_location: what no rule places has no location to wait at."
    else:
        yield from _unknown("default_stock_location", [code], places)


def _unknown(what: str, codes: Iterable[str], places: Places) -> Iterator[str]:
    known = {place.erp_code for place in places.rows}
    for code in codes:
        if code not in known:
            yield f"{what}: no location has the erp code {code}."


def _rule(rule: Rule | SourceRule, places: Places) -> Iterator[str]:
    where = rule.locations
    yield from _unknown("locations.include", where.include, places)
    yield from _unknown("locations.exclude", where.exclude, places)
    dispatch = isinstance(rule, Rule)
    left = [
        place
        for place in places.rows
        if all(ask(place, where) is None for ask in OF_LOCATION if dispatch or ask is not packs)
    ]
    if not left:
        yield "No location can pass this rule as things are."
    yield from _quota(where, [place.erp_code for place in left if place.max_quota is None], len(left))


def _quota(where: LocationFilter, without: list[str], of: int) -> Iterator[str]:
    if where.by_quota and without:
        shown = ", ".join(sorted(without)[:5]) + (", …" if len(without) > 5 else "")
        yield f"SELECT_BY_QUOTA never selects {len(without)} of its {of} locations, which have no max_quota: {shown}."
