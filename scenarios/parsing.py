"""The JSON of a scenario (spec 9) read into records, or a refusal that names each wrong place and what is allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from scenarios import conditions
from scenarios.definition import (
    COVERAGES,
    INITIAL,
    OPEN_AT,
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
    SplitBy,
    TransferScenario,
    Weights,
)
from scenarios.fields import Errors, Fields

LOCATION_KEYS = frozenset(
    ["type", "include", "exclude", "roles", "tags", "order_store", "near", "open_at", "select_by", "allow_refused"],
)
SOURCE_KEYS = frozenset({"name", "locations", "order_by"})
RULE_KEYS = SOURCE_KEYS | {"items", "coverage", "max_packages", "strategy", "transferable", "split_by", "weights"}
SPLIT_KEYS = ("weight", "volume", "pieces", "keep_apart")
WEIGHT_KEYS = ("package", "kilometre", "transfer", "lateness")


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
        auto_reroute_after=top.whole("auto_reroute_after", least=1),
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
    package_location, location_expression = _values(asked, "package_location", LOCATION)
    product_list = top.texts("product_list")
    scenario = TransferScenario(
        id=id,
        version=version,
        name=top.text("name", required=True),
        active=top.choice("status", ("active", "passive"), "active") == "active",
        priority=top.whole("priority") or 0,
        prerequisites=_prerequisites(asked),
        package_location=package_location,
        package_location_expression=location_expression,
        product_list=product_list,
        hub=_hub(top),
        products=cast(Any, top.choice("products", PRODUCTS, "all_products")),
        max_sources=top.whole("max_sources", least=1),
        rules=tuple(
            SourceRule(_name(one, i), _locations(one.child("locations", LOCATION_KEYS)), _order_by(one))
            for i, one in enumerate(rules)
        ),
    )
    if scenario.products == "listed_products" and not product_list:
        top.wrong("product_list", "Required with listed_products: the SKUs that may be brought.")
    if errors.found:
        raise errors.refusal()
    return scenario


LOCATION = (*conditions.ORDER, *conditions.LOCATION)
ITEM = (*conditions.ORDER, *conditions.ITEM)


def _rule(rule: Fields, i: int) -> Rule:
    return Rule(
        name=_name(rule, i),
        items=_items(rule.child("items", ("expression", "skus", "attributes"))),
        locations=_locations(rule.child("locations", LOCATION_KEYS)),
        order_by=_order_by(rule),
        coverage=cast(Any, rule.choice("coverage", COVERAGES, "split_lines")),
        strategy=cast(Any, rule.choice("strategy", STRATEGIES, "first_fit")),
        max_packages=rule.whole("max_packages", least=1),
        transferable=rule.flag("transferable"),
        split_by=_split_by(rule),
        weights=_weights(rule),
    )


def _hub(top: Fields) -> SourceRule | None:
    """`{"locations": {…}, "order_by": […]}`; only transfer locations are hubs."""
    if top.data.get("hub") is None:
        return None
    said = top.child("hub", ("locations", "order_by"))
    where = _locations(said.child("locations", LOCATION_KEYS))
    roles = tuple(dict.fromkeys((*where.roles, "transfer_location")))
    return SourceRule("hub", replace(where, roles=roles), _order_by(said))


def _split_by(rule: Fields) -> SplitBy | None:
    if not rule.has("split_by"):
        return None
    said = rule.child("split_by", SPLIT_KEYS)
    pieces = said.whole("pieces", least=1)
    made = SplitBy(_above(said, "weight"), _above(said, "volume"), pieces, said.texts("keep_apart"))
    return None if made == SplitBy() else made


def _above(said: Fields, key: str) -> float | None:
    """A number above 0, or null."""
    found = said.number(key, 0, LIMIT)
    if found is not None and found <= 0:
        said.wrong(key, "Must be above 0.")
    return found


def _weights(rule: Fields) -> Weights:
    said = rule.child("weights", WEIGHT_KEYS)
    standard = Weights()
    found = {key: said.number(key, 0, LIMIT) for key in WEIGHT_KEYS}
    return Weights(**{key: getattr(standard, key) if n is None else n for key, n in found.items()})


LIMIT = 1_000_000


def _name(rule: Fields, i: int) -> str:
    return rule.text("name") or f"rule {i + 1}"


def _items(items: Fields) -> ItemFilter:
    attributes = items.child("attributes").data
    wanted = []
    for key in sorted(attributes):
        values = attributes[key] if isinstance(attributes[key], list) else [attributes[key]]
        if not values or not all(one is None or isinstance(one, str | int | float | bool) for one in values):
            items.wrong(f"attributes.{key}", "Must be a value, or a list of values that are allowed.")
        else:
            wanted.append((key, tuple(values)))
    return ItemFilter(items.texts("skus"), tuple(wanted), _expression(items, ITEM))


def _locations(where: Fields) -> LocationFilter:
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
        open_at=where.choice("open_at", OPEN_AT, "") or None,
    )


def _near(where: Fields) -> tuple[tuple[str, ...], float | None]:
    """`{"km": 50}`, `{"same": ["city"]}`, both, or shortly `"city"`."""
    value = where.data.get("near")
    if isinstance(value, str) and value:
        return (where.choice("near", SAME, ""),), None
    near = where.child("near", ("km", "same"))
    km = near.number("km", 0, 40_000, " of kilometres")
    same = near.data.get("same")
    if isinstance(same, str):
        near.data["same"] = [same]
    return near.texts("same", SAME), km


def _order_by(rule: Fields) -> tuple[OrderKey, ...]:
    keys = []
    for key in rule.children("order_by", ("by", "direction")):
        by = key.choice("by", ORDER_BY, "")
        if not by:
            key.wrong("by", f"Required, one of {', '.join(ORDER_BY)}.")
        keys.append(OrderKey(by, key.choice("direction", ("asc", "desc"), "asc") == "desc"))
    return tuple(keys)


def _prerequisites(asked: Fields) -> tuple[Prerequisite, ...]:
    found = ((name, *_values(asked, name, (*conditions.ORDER, "value"))) for name in PREREQUISITES)
    return tuple(Prerequisite(name, values, text) for name, values, text in found if values or text)


def _values(asked: Fields, name: str, variables: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The values of one prerequisite, or its expression; both empty: any."""
    one = asked.child(name, ("type", "values", "expression"))
    if one.choice("type", ("static", "dynamic"), "static") == "dynamic":
        if one.has("values"):
            one.wrong("values", "Only with type static; a dynamic one has an expression.")
        return (), _expression(one, tuple(variables))
    if one.text("expression").strip():
        one.wrong("expression", "Only with type dynamic; a static one has values.")
    return one.texts("values"), ""


def _expression(fields: Fields, variables: tuple[str, ...]) -> str:
    """A condition over these variables; "" where there is none."""
    text = fields.text("expression").strip()
    if text:
        try:
            conditions.check(text, variables)
        except conditions.Wrong as wrong:
            fields.wrong("expression", f"{wrong.text}.")
            return ""
    return text


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
