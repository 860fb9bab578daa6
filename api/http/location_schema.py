"""The body of a stock location (spec 7, 9)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from api.http.engine_schema import Engine
from api.http.input_schemas import BIG, Text, Whole
from api.http.order_schema import AddressBody, text
from api.http.plain_json import Free, written_out
from api.http.record_kinds import Set, switch, words
from domain.location import Address

MOST_TAGS = 100
PLACES = 15


def count(most: int = BIG, default: int | None = None, least: int = 0) -> Whole:
    """A whole number; null where none is the default."""
    return Whole(load_default=default, allow_none=default is None, validate=validate.Range(least, most))


def _clock(value: str) -> None:
    parts = value.split(":")
    good = len(parts) == 2 and all(p.isascii() and p.isdigit() and len(p) == 2 for p in parts)
    if not good or int(parts[0]) > 24 or int(parts[1]) > 59 or (parts[0] == "24" and parts[1] != "00"):
        raise ValidationError("A time of day such as 17:30.")


def _mail(value: str) -> None:
    if value:
        validate.Email()(value)


class Inner(fields.Nested):
    """An object inside one; a PATCH gives it whole."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, partial=False, **kwargs)


class ClosedUntil(Set):
    """`closed_until`: out at once, until then."""

    until = fields.AwareDateTime(format="iso", required=True)
    reason = text(500)
    user = text(255)


class Channels(Free):
    """Channel → how many."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = super()._deserialize(value, attr, data, **kwargs)
        for channel, most in found.items():
            if isinstance(most, bool) or not isinstance(most, int) or not 0 <= most <= BIG:
                raise ValidationError(f"{channel}: a whole number from 0 to {BIG}.")
        return found


class Texts(fields.List):
    """A list of texts as a tuple, each once."""

    def __init__(self, inner: fields.Field) -> None:
        super().__init__(inner, load_default=(), validate=validate.Length(max=MOST_TAGS))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return tuple(dict.fromkeys(super()._deserialize(value, attr, data, **kwargs)))


class LocationBody(Set):
    erp_code = words(100, required=True)
    name = words(required=True)
    stock_location_type = Text(load_default="store", validate=validate.OneOf(["store", "warehouse"]))
    is_active = switch()
    priority = count(BIG, 0, -BIG)
    max_quota = count()
    is_fulfillment_center = switch()
    is_pickup_location = switch(False)
    is_delivery_location = switch()
    is_transfer_location = switch(False)
    is_return_available = switch(False)
    is_fast_delivery_available = switch(False)
    tags = Texts(words(100))
    conf = Free(load_default=dict)
    engine = Inner(Engine, load_default=None, allow_none=True)
    address = Inner(AddressBody, load_default=None, allow_none=True)
    omnitron_id = count(2**53)
    daytime_phone = text(50)
    evening_phone = text(50)
    fax_number = text(50)
    email = Text(load_default="", allow_none=True, validate=[validate.Length(max=254), _mail])
    target_packaging_minutes = count()
    target_exit_minutes = count()
    opening_hours = Free(load_default=None, allow_none=True)
    closed_days = Texts(words(50))
    cut_off = Text(load_default=None, allow_none=True, validate=_clock)
    closed_until = Inner(ClosedUntil, load_default=None, allow_none=True)
    max_packages_per_day = count()
    channel_limits = Channels(load_default=dict)
    safety_stock = count(BIG, 0)
    auto_reroute_after = count()


_TEXTS = ("daytime_phone", "evening_phone", "fax_number", "email")


def of_profile(said: dict[str, Any]) -> dict[str, Any]:
    """What a body said as fields of domain.location.Profile; the engine is sealed by who writes it."""
    made = dict(said)
    for name in _TEXTS:
        if name in made:
            made[name] = made[name] or ""
    if "address" in made:
        made["address"] = _address(made["address"] or {})
    if made.get("closed_until") is not None:
        until: datetime = made["closed_until"]["until"]
        made["closed_until"] = {
            **made["closed_until"],
            "until": until.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }
    return made


def _address(said: dict[str, Any]) -> Address:
    texts: dict[str, Any] = {name: said.get(name) or "" for name in ("title", "line", "postcode", "notes")}
    places: dict[str, Any] = {name: said.get(name) for name in ("country", "city", "township", "district")}
    points: dict[str, Any] = {name: _decimal(name, said.get(name)) for name in ("latitude", "longitude")}
    if (points["latitude"] is None) != (points["longitude"] is None):
        raise ValidationError({"address": {"latitude": ["Latitude and longitude are given together."]}})
    return Address(**texts, **places, **points)


def _decimal(name: str, said: str | None) -> str | None:
    """With all its digits and no exponent."""
    if said is None:
        return None
    text = written_out(Decimal(said), PLACES)
    if text is None:
        raise ValidationError({"address": {name: [f"At most {PLACES} digits after the point."]}})
    return text
