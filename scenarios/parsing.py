"""The JSON of a scenario (spec 9) read into records, or a refusal that names each wrong place and what is allowed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from scenarios.definition import (
    COVERAGES,
    INITIAL,
    ORDER_BY,
    PREREQUISITES,
    PRODUCTS,
    ROLES,
    SAME,
    SELECT_BY,
    STRATEGIES,
    TYPES,
    ItemFilter,
    LocationFilter,
    OrderKey,
    Prerequisite,
    Rule,
    Scenario,
    SourceRule,
    TransferScenario,
)
from scenarios.fields import Errors, Fields

LOCATION_KEYS = frozenset(
    ["type", "include", "exclude", "roles", "tags", "order_store", "near", "open_at", "select_by", "allow_refused"],
)
SOURCE_KEYS = frozenset({"name", "locations", "order_by"})
RULE_KEYS = SOURCE_KEYS | {"items", "coverage", "max_packages", "strategy", "transferable", "split_by"}


def parse_scenario(data: Mapping[str, Any], id: int = 0, version: int = 0) -> Scenario:
    """A distribution scenario; raises Refusal `invalid` with one text per wrong field. Keys beside the known ones
    are ignored at the top (an answer may be sent back as it came), and refused inside rules."""
    errors = Errors()
    top = Fields(data, "", errors)
    rules = top.children("rules", RULE_KEYS)
    if not rules:
        top.wrong("rules", "Required: at least one rule.")
    scenario = Scenario(
        id=id,
        version=version,
        name=top.text("name", required=True),
        description=top.text("description"),
        active=top.choice("status", ("active", "passive"), "active") == "active",
        priority=top.whole("priority") or 0,
        prerequisites=_prerequisites(top.child("prerequisites", PREREQUISITES)),
        default_stock_location=top.text("default_stock_location") or None,
        initial_status=top.choice("initial_status", INITIAL, "100"),
        rules=tuple(_rule(one, i) for i, one in enumerate(rules)),
        valid_from=_moment(top, "valid_from"),
        valid_to=_moment(top, "valid_to"),
    )
    if scenario.valid_from and scenario.valid_to and scenario.valid_from >= scenario.valid_to:
        top.wrong("valid_to", "Must be after valid_from.")
    if errors.found:
        raise errors.refusal()
    return scenario


def parse_transfer_scenario(data: Mapping[str, Any], id: int = 0, version: int = 0) -> TransferScenario:
    """A transfer scenario; raises as `parse_scenario`."""
    errors = Errors()
    top = Fields(data, "", errors)
    rules = top.children("rules", SOURCE_KEYS)
    if not rules:
        top.wrong("rules", "Required: at least one rule.")
    asked = top.child("prerequisites", (*PREREQUISITES, "package_location"))
    scenario = TransferScenario(
        id=id,
        version=version,
        name=top.text("name", required=True),
        active=top.choice("status", ("active", "passive"), "active") == "active",
        priority=top.whole("priority") or 0,
        prerequisites=_prerequisites(asked),
        package_location=_values(asked, "package_location"),
        products=cast(Any, top.choice("products", PRODUCTS, "all_products")),
        max_sources=top.whole("max_sources", least=1),
        rules=tuple(
            SourceRule(_name(one, i), _locations(one.child("locations", LOCATION_KEYS)), _order_by(one))
            for i, one in enumerate(rules)
        ),
    )
    if errors.found:
        raise errors.refusal()
    return scenario


def _rule(rule: Fields, i: int) -> Rule:
    if rule.has("split_by"):
        rule.wrong("split_by", "Packages cannot be cut afterwards yet. Allowed: none.")
    return Rule(
        name=_name(rule, i),
        items=_items(rule.child("items", ("expression", "skus", "attributes"))),
        locations=_locations(rule.child("locations", LOCATION_KEYS)),
        order_by=_order_by(rule),
        coverage=cast(Any, rule.choice("coverage", COVERAGES, "split_lines")),
        strategy=cast(Any, rule.choice("strategy", STRATEGIES, "first_fit")),
        max_packages=rule.whole("max_packages", least=1),
        transferable=rule.flag("transferable"),
    )


def _name(rule: Fields, i: int) -> str:
    return rule.text("name") or f"rule {i + 1}"


def _items(items: Fields) -> ItemFilter:
    _no_expression(items, "Allowed: skus, attributes.")
    attributes = items.child("attributes").data
    wanted = []
    for key in sorted(attributes):
        values = attributes[key] if isinstance(attributes[key], list) else [attributes[key]]
        if not values or not all(one is None or isinstance(one, str | int | float | bool) for one in values):
            items.wrong(f"attributes.{key}", "Must be a value, or a list of values that are allowed.")
        else:
            wanted.append((key, tuple(values)))
    return ItemFilter(items.texts("skus"), tuple(wanted))


def _locations(where: Fields) -> LocationFilter:
    if where.has("open_at"):
        where.wrong("open_at", "Opening hours are not looked at yet. Allowed: none.")
    select_by = where.texts("select_by", SELECT_BY)
    same, km = _near(where)
    return LocationFilter(
        type=where.choice("type", TYPES, "") or None,
        include=where.texts("include"),
        exclude=where.texts("exclude"),
        roles=where.texts("roles", ROLES),
        tags=where.texts("tags"),
        order_store=where.flag("order_store"),
        same=same,
        km=km,
        by_quota="SELECT_BY_QUOTA" in select_by,
        by_stock="SELECT_BY_STOCK" in select_by,
        allow_refused=where.flag("allow_refused"),
    )


def _near(where: Fields) -> tuple[tuple[str, ...], float | None]:
    """`{"km": 50}`, `{"same": ["city"]}`, both, or shortly `"city"`."""
    value = where.data.get("near")
    if isinstance(value, str) and value:
        return (where.choice("near", SAME, ""),), None
    near = where.child("near", ("km", "same"))
    km = near.data.get("km")
    if km is not None and (isinstance(km, bool) or not isinstance(km, int | float) or not 0 <= km <= 40_000):
        near.wrong("km", "Must be a number of kilometres from 0 to 40000.")
        km = None
    same = near.data.get("same")
    if isinstance(same, str):
        near.data["same"] = [same]
    return near.texts("same", SAME), None if km is None else float(km)


def _order_by(rule: Fields) -> tuple[OrderKey, ...]:
    keys = []
    for key in rule.children("order_by", ("by", "direction")):
        by = key.choice("by", ORDER_BY, "")
        if not by:
            key.wrong("by", f"Required, one of {', '.join(ORDER_BY)}.")
        keys.append(OrderKey(by, key.choice("direction", ("asc", "desc"), "asc") == "desc"))
    return tuple(keys)


def _prerequisites(asked: Fields) -> tuple[Prerequisite, ...]:
    found = ((name, _values(asked, name)) for name in PREREQUISITES)
    return tuple(Prerequisite(name, values) for name, values in found if values)


def _values(asked: Fields, name: str) -> tuple[str, ...]:
    """The values of one prerequisite; empty: any."""
    one = asked.child(name, ("type", "values", "expression"))
    if one.choice("type", ("static", "dynamic"), "static") == "dynamic":
        _no_expression(one, 'Allowed: "" (any), or a static list of values.')
        return ()
    return one.texts("values")


def _no_expression(fields: Fields, allowed: str) -> None:
    if fields.text("expression").strip():
        fields.wrong("expression", f"Expressions are not evaluated yet. {allowed}")


def _moment(top: Fields, key: str) -> datetime | None:
    text = top.text(key)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        top.wrong(key, "Must be a time with its zone, as 2026-11-23T10:00:00Z.")
        return None
    return moment.astimezone(UTC)
