"""What the order source says (Omnitron's shapes), as the bodies that our own routes take (spec 3.3, 5, 7).

Plain functions on JSON; what is wrong in it is found by the schemas of those bodies. Fields that are not known are kept
where a body keeps such: an order's beside its others, an item's in `extra_field`, an address's with the customer,
sealed.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields

from api.http.location_schema import LocationBody
from api.http.order_schema import AddressBody, ItemBody
from domain.states import OrderStatus

Said = Mapping[str, Any]

_MOMENT = fields.AwareDateTime(format="iso", default_timezone=UTC)
_OURS = ("pk", "id", "orderitem_set", "items", "modified_date", "created_date", "plan")
"""Fields of an order that are read, and not kept as they came. `plan` is nobody's there but ours."""
_ITEM = frozenset(ItemBody().fields) | {"pk", "id", "order", "product", "status", "state", "cancelled_quantity"}
_PRODUCT = ("sku", "name", "barcode")
_ADDRESS = frozenset(AddressBody().fields) | {"pk", "id"}
_LOCATION = frozenset(LocationBody().fields) - {"conf", "engine"}


def moment_of(said: Said, event: Said) -> datetime:
    """As of when it is said: its modified_date, else when it was made, else the event's own time."""
    for where, name in ((said, "modified_date"), (said, "created_date"), (event, "timestamp")):
        if where.get(name) not in (None, ""):
            try:
                found = _MOMENT.deserialize(where[name])
            except ValidationError as wrong:
                raise ValidationError({name: wrong.messages}) from None
            if found is not None:
                return found.astimezone(UTC)
    raise ValidationError({"modified_date": ["It says nothing of when it is of: no modified_date, no timestamp."]})


def order_body(said: Said, quantity_key: str) -> dict[str, Any]:
    """The body of `POST orders/`; each item says besides what is `wanted` of it now. `quantity_key`: the attribute that
    holds the pieces of an item."""
    rows = said.get("orderitem_set", said.get("items"))
    body = {name: _plain(value) for name, value in said.items() if name not in _OURS}
    body["omnitron_id"] = said.get("pk", said.get("id"))
    body["channel"] = _name(said.get("channel"))
    body["date_placed"] = said.get("date_placed") or said.get("created_date")
    for name in ("cargo_company", "delivery_type", "payment_type", "customer_type"):
        if said.get(name) is not None:
            body[name] = _name(said[name])
    if isinstance(said.get("retail_store"), dict):
        body["retail_store"] = said["retail_store"].get("erp_code")
    body["items"] = [_item(row, quantity_key) for row in rows] if isinstance(rows, list) else rows
    body["customer"] = _customer(said)
    for name in ("shipping_address", "billing_address"):
        if isinstance(said.get(name), dict):
            body[name] = _address(said[name])
    return body


def amendment_body(body: Said, *, status: bool, items: Iterable[Said]) -> dict[str, Any]:
    """Of the body of an order that is there already: what `PATCH orders/{id}/` takes. `items`: those that are said
    anew."""
    named = ("shipping_address", "billing_address", "notes", "amount", "discount_amount", "shipping_amount")
    kept = {name: body[name] for name in named if body.get(name) is not None}
    rows = [dict(row) for row in items]
    return {**kept, **({"status": body["status"]} if status else {}), **({"items": rows} if rows else {})}


def store_body(said: Said) -> dict[str, Any]:
    """The fields of a stock location that a retail store says; the others are not the source's to set."""
    body = {name: _plain(value) for name, value in said.items() if name in _LOCATION and value is not None}
    body["omnitron_id"] = said.get("pk", said.get("id"))
    if isinstance(body.get("address"), str):
        body["address"] = {"line": body["address"]}
    address = dict(body.get("address") or {})
    for name in ("country", "city", "township", "district", "postcode", "latitude", "longitude"):
        if said.get(name) is not None:
            address.setdefault(name, said[name])
    if address:
        body["address"] = _address(address)
    if said.get("phone_number") and "daytime_phone" not in body:
        body["daytime_phone"] = said["phone_number"]
    return body


def store_extra(said: Said) -> dict[str, Any]:
    """What else is said of a store, and as of when: kept in the `conf` of its location."""
    known = _LOCATION | {"pk", "id", "country", "city", "township", "district", "postcode", "latitude", "longitude"}
    return {name: value for name, value in said.items() if name not in known}


def _plain(value: Any) -> Any:
    """A choice may come as `{value, label}`."""
    return value["value"] if isinstance(value, dict) and set(value) == {"value", "label"} else value


def _name(said: Any) -> Any:
    """Something that is named by id, slug or name; an object names itself by what people gave it, for its pk is the
    source's and not ours."""
    if not isinstance(said, dict):
        return said
    return next((said[part] for part in ("slug", "name", "value", "code") if said.get(part) is not None), None)


def _item(row: Any, quantity_key: str) -> Any:
    if not isinstance(row, dict):
        return row
    product = row.get("product")
    product = dict(product) if isinstance(product, dict) else {}
    made = {name: row[name] for name in ItemBody().fields if name in row}
    for name in _PRODUCT:
        made.setdefault(name, product.pop(name, None))
    made["omnitron_id"] = row.get("pk", row.get("omnitron_id", row.get("id")))
    attributes = row.get("attributes")
    if made.get("quantity") is None:
        made["quantity"] = attributes.get(quantity_key, 1) if isinstance(attributes, dict) else 1
    extra = {name: value for name, value in row.items() if name not in _ITEM}
    rest = {"product": product} if product else {}
    own = row.get("extra_field")
    made["extra_field"] = {**rest, **extra, **(own if isinstance(own, dict) else {})}
    made["wanted"] = _wanted(row, made["quantity"])
    return {name: value for name, value in made.items() if value is not None}


def _wanted(row: Said, quantity: Any) -> Any:
    """Pieces that are neither taken back there nor cancelled; what is no number is found by the schema."""
    cancelled = row.get("cancelled_quantity")
    if str(_plain(row.get("status", ""))) == str(OrderStatus.cancelled.value):
        return 0
    if isinstance(quantity, int) and isinstance(cancelled, int):
        return max(quantity - cancelled, 0)
    return quantity


def _customer(said: Said) -> Any:
    """With what an address says beside what addresses have: it is of a person too."""
    customer = said.get("customer")
    if customer is not None and not isinstance(customer, dict):
        return customer
    made = {name: value for name, value in (customer or {}).items() if name not in ("pk", "id")}
    remote = (customer or {}).get("pk", (customer or {}).get("id"))
    if remote is not None and made.get("remote_id") is None:
        made["remote_id"] = remote
    for name in ("shipping_address", "billing_address"):
        address = said.get(name)
        rest = {k: v for k, v in address.items() if k not in _ADDRESS} if isinstance(address, dict) else {}
        if rest:
            made[f"{name}_fields"] = rest
    return made


def _address(said: Said) -> dict[str, Any]:
    places = ("country", "city", "township", "district")
    made = {name: value for name, value in said.items() if name in _ADDRESS and name not in ("pk", "id")}
    for name in places:
        if isinstance(made.get(name), str):
            made[name] = {"name": made[name]} if made[name] else None
    for name in ("latitude", "longitude"):
        if made.get(name) == "":
            made[name] = None
    return made
