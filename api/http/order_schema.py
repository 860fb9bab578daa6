"""The body of an order (spec 3.3, 9): shapes and limits; fields that are not known are kept as they came."""

from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, INCLUDE, Schema, ValidationError, fields, missing, post_load, pre_load, validate

from api.http.input_schemas import BIG, Switch, Text, Whole
from domain.states import OrderStatus

CENT = Decimal("0.01")
MOST_ITEMS = 2000


class Money(fields.Decimal):
    """An amount as a decimal string, to the cent."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_nan=False, **settings)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool | float):
            raise self.make_error("invalid")
        amount = super()._deserialize(value, attr, data, **kwargs)
        if abs(amount) >= Decimal(10) ** 13:
            raise ValidationError("An amount is below 10,000,000,000,000.")
        exact = amount.quantize(CENT)
        if exact != amount:
            raise ValidationError("At most two decimals: an amount is exact to the cent.")
        return exact


class Coordinate(fields.Decimal):
    """Degrees from -`most` to `most`, as a text: not a digit is lost."""

    def __init__(self, most: int) -> None:
        super().__init__(allow_nan=False, load_default=None, allow_none=True)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool):
            raise self.make_error("invalid")
        found = super()._deserialize(value, attr, data, **kwargs)
        if found is not None and abs(found) > self._most:
            raise ValidationError(f"Degrees from -{self._most} to {self._most}.")
        return None if found is None else str(found)


class OrEmpty(Text):
    """A text that is never null: null is as if it were not given."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        return super().deserialize(missing if value is None else value, attr, data, **kwargs)


def text(most: int, default: Any = "", **settings: Any) -> Text:
    """A text; with default None it may be null, else null is the default."""
    made = Text if default is None else OrEmpty
    return made(load_default=default, allow_none=True, validate=validate.Length(max=most), **settings)


def thing(**settings: Any) -> fields.Dict:
    return fields.Dict(keys=fields.String(), load_default=dict, **settings)


class Open(Schema):
    class Meta:
        unknown = EXCLUDE


class PlaceBody(Open):
    """A country, city, township or district by its name."""

    name = Text(required=True, validate=validate.Length(1, 255))
    code = text(10, None)


class AddressBody(Open):
    title = text(255)
    line = text(1000)
    postcode = text(50)
    notes = text(1000)
    country = fields.Nested(PlaceBody, load_default=None, allow_none=True)
    city = fields.Nested(PlaceBody, load_default=None, allow_none=True)
    township = fields.Nested(PlaceBody, load_default=None, allow_none=True)
    district = fields.Nested(PlaceBody, load_default=None, allow_none=True)
    latitude = Coordinate(90)
    longitude = Coordinate(180)


class CustomerBody(Schema):
    """What else is said of a customer is kept, sealed with the rest."""

    class Meta:
        unknown = INCLUDE

    remote_id = text(255, None)
    email = text(254, None)
    first_name = text(255)
    last_name = text(255)
    phone_number = text(50)


class ItemBody(Open):
    omnitron_id = Whole(load_default=None, allow_none=True, validate=validate.Range(0, 2**53))
    sku = Text(required=True, validate=validate.Length(1, 255))
    name = text(500)
    barcode = text(255, None)
    quantity = Whole(required=True, validate=validate.Range(1, BIG))
    price = Money(load_default=Decimal("0.00"))
    tax_rate = Money(load_default=Decimal("0.00"))
    discount_amount = Money(load_default=Decimal("0.00"))
    attributes = thing()
    extra_field = thing()


class OrderBody(Open):
    """One order."""

    number = Text(required=True, validate=validate.Length(1, 100))
    omnitron_id = Whole(load_default=None, allow_none=True, validate=validate.Range(0, 2**53))
    channel = fields.Raw(required=True)
    status = Text(load_default="400", validate=validate.OneOf([str(s.value) for s in OrderStatus]))
    currency = text(10)
    date_placed = fields.AwareDateTime(format="iso", load_default=None, allow_none=True)
    customer = fields.Nested(CustomerBody, load_default=dict)
    customer_type = text(100, None)
    payment_type = text(100, None)
    cargo_company = fields.Raw(load_default=None, allow_none=True)
    delivery_type = text(50, "home")
    retail_store = text(100, None)
    ship_complete = Switch(load_default=False)
    delivery_range = fields.Dict(load_default=None, allow_none=True)
    amount = Money(load_default=Decimal("0.00"))
    discount_amount = Money(load_default=Decimal("0.00"))
    shipping_amount = Money(load_default=Decimal("0.00"))
    shipping_address = fields.Nested(AddressBody, load_default=None, allow_none=True)
    billing_address = fields.Nested(AddressBody, load_default=None, allow_none=True)
    notes = text(5000)
    has_gift_box = Switch(load_default=False)
    gift_box_note = text(1000)
    language_code = text(20, None)
    extra_field = thing()
    items = fields.List(fields.Nested(ItemBody), required=True, validate=validate.Length(1, MOST_ITEMS))
    plan = Switch(load_default=True)

    @pre_load
    def defaults(self, data: Any, **_: Any) -> Any:
        """null stands for “not given” where a default is."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None or name not in _NEVER_NULL}

    @post_load(pass_original=True)
    def names(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> dict[str, Any]:
        for name in ("channel", "cargo_company"):
            value = data[name]
            if isinstance(value, bool) or not isinstance(value, str | int | None):
                raise ValidationError({name: ["An id, a slug or a name."]})
        data["more"] = {name: value for name, value in original.items() if name not in self.fields} | {
            name: data[name] for name in ("has_gift_box", "language_code") if data.get(name) not in (None, False)
        }
        data["delivery_type"] = data["delivery_type"] or "home"
        for name in ("currency", "notes", "gift_box_note"):
            data[name] = data[name] or ""
        return data


_NEVER_NULL = frozenset({"customer", "extra_field", "amount", "discount_amount", "shipping_amount", "status", "plan"})
