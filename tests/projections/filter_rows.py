"""A filter with a value and what looking at each object finds: how the rows of filter_table.py are said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.order import Order
from domain.states import PackageStatus
from projections.objects.named_id import place_id
from projections.objects.state import state_id

Shown = Mapping[str, Any]
Every = list[tuple[Shown, Order]]
Value = str | Callable[[Every], str]
Fits = Callable[[Shown, str, Order], bool]
"""(the object, the filter's text, the order it belongs to) → whether the filter finds it."""


@dataclass(frozen=True)
class Row:
    """`value`: of the filter, or how it is taken from the objects there are."""

    filter: str
    value: Value
    fits: Fits


GB = str(place_id("country", "GB"))
LEEDS = str(place_id("city", "GB", "Leeds"))
WAITING = str(state_id(PackageStatus.waiting, "package"))


def middle(name: str) -> Callable[[Every], str]:
    """The value of a field in the middle of all there are."""

    def taken(every: Every) -> str:
        values = sorted(at(one, name) for one, _ in every if at(one, name) is not None)
        return str(values[len(values) // 2])

    return taken


def at(one: Any, path: str) -> Any:
    for name in path.split("."):
        one = None if one is None else one[name]
    return one


def same(filter: str, path: str, value: Value | None = None) -> Row:
    """The filter compares a field of the object."""
    return Row(filter, value or middle(path), lambda o, v, _: _text(at(o, path)) == v)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def of(filter: str, value: Value, fits: Callable[[Order], bool]) -> Row:
    """The filter is about the order."""
    return Row(filter, value, lambda _o, _v, order: fits(order))


def number_in(field: str) -> Callable[[Every], str]:
    """The number of the package that the first object names."""
    return lambda every: number(every[0][1], every[0][0][field])


def beginning(field: str, cut: int) -> Callable[[Every], str]:
    """The first object's number without its last letters."""
    return lambda every: str(at(every[0][0], field))[:-cut]


def _township(every: Every) -> str:
    return str(next(id for _, order in every if (id := _township_id(order)) is not None))


def _township_id(order: Order) -> int | None:
    to = order.destination
    return place_id("township", to.country, to.city, to.township)


KEYS = [
    same("id", "id"),
    Row("id__gt", middle("id"), lambda o, v, _: o["id"] > int(v)),
    Row("id__gte", middle("id"), lambda o, v, _: o["id"] >= int(v)),
    Row("id__lt", middle("id"), lambda o, v, _: o["id"] < int(v)),
    Row("id__lte", middle("id"), lambda o, v, _: o["id"] <= int(v)),
    Row("pk__in", lambda all: f"{all[0][0]['id']}, {all[-1][0]['id']}", lambda o, v, _: str(o["id"]) in v.split(", ")),
]
PLACES = [
    of("country", "GB", lambda o: o.destination.country == "GB"),
    of("country__id", GB, lambda o: o.destination.country == "GB"),
    of("country__name", "GB", lambda o: o.destination.country == "GB"),
    of("city", LEEDS, lambda o: o.destination.city == "Leeds"),
    of("city__id", LEEDS, lambda o: o.destination.city == "Leeds"),
    of("city__name", "Leeds", lambda o: o.destination.city == "Leeds"),
    of("township", "Quarter 1", lambda o: o.destination.township == "Quarter 1"),
    Row("township__id", _township, lambda _o, v, order: str(_township_id(order)) == v),
    of("township__name", "Quarter 1", lambda o: o.destination.township == "Quarter 1"),
]


def dates(*names: str) -> list[Row]:
    rows = []
    for name in names:
        rows.append(Row(f"{name}__gte", middle(name), _not_before(name)))
        rows.append(Row(f"{name}__lte", middle(name), _until(name)))
    return rows


def _not_before(field: str) -> Fits:
    return lambda o, v, _: o[field] is not None and o[field] >= v


def _until(field: str) -> Fits:
    return lambda o, v, _: o[field] is not None and o[field] <= v


def placed(prefix: str) -> list[Row]:
    return [
        Row(f"{prefix}__gte", "2026-11-01T08:00:30Z", lambda _o, _v, order: _placed(order) >= "2026-11-01 08:00:30"),
        Row(f"{prefix}__lte", "2026-11-01T08:00:30Z", lambda _o, _v, order: _placed(order) <= "2026-11-01 08:00:30+00"),
    ]


def _placed(order: Order) -> str:
    return str(order.date_placed)


def states(value: str, member: Any, content_type: str) -> list[Row]:
    return [
        Row("state", str(state_id(member, content_type)), lambda o, _v, _: _state(o) == value),
        Row("state__enum_value", value, lambda o, _v, _: _state(o) == value),
        Row("state__enum_value__ne", value, lambda o, _v, _: _state(o) != value),
        Row("state__enum_value__in", f"{value}, {value}", lambda o, _v, _: _state(o) == value),
    ]


def _state(o: Shown) -> str:
    return str(o["state"]["enum_value"] if isinstance(o["state"], dict) else o["state"])


def first_name(order: Order) -> str | None:
    return None if order.id % 10 == 0 else f"Ada{order.id % 7}"


def last_name(order: Order) -> str | None:
    return None if order.id % 10 == 0 else f"Byron{order.id % 5}"


NAMES: dict[str, tuple[str, Callable[[Order], bool]]] = {
    "first_name": ("ada3", lambda o: first_name(o) == "Ada3"),
    "last_name": ("BYRON2", lambda o: last_name(o) == "Byron2"),
}


def names(prefix: str) -> list[Row]:
    return [of(f"{prefix}{name}", value, fits) for name, (value, fits) in NAMES.items()]


def omnitron(*ids: int) -> Callable[[Order], bool]:
    return lambda order: any(item.omnitron_id in ids for item in order.items)


def shipped(o: Shown) -> str:
    return o["shipment"]["created_date"] if o["shipment"] else ""


def item(packages: Every) -> Shown:
    item: Shown = next(one["packageitem_set"][0] for one, _ in packages if one["packageitem_set"])
    return item


def first_barcode(packages: Every) -> str:
    return str(item(packages)["product"]["barcode"])


def first_moved(field: str) -> Callable[[Every], str]:
    return lambda transfers: str(transfers[0][0]["transferitem_set"][0][field])


def products(o: Shown, field: str) -> list[str]:
    return [item["product"][field] for item in o["packageitem_set"]]


def moved(o: Shown, field: str) -> list[str]:
    return [item[field] for item in o["transferitem_set"]]


def number(order: Order, package: int) -> str:
    return order.packages[package].number


def carrier(order: Order, package: int | None) -> int | None:
    shipments = [s for s in order.shipments.values() if s.package == package]
    return next((s.cargo_company for s in shipments), None)


def awb(order: Order, package: int | None) -> str | None:
    return next((s.awb_number for s in order.shipments.values() if s.package == package), None)


def moved_from(o: Shown, content_type: str, value: str) -> bool:
    return (o["content_type"], o["old_state"]["enum_value"]) == (content_type, value)
