"""Channels, carriers, reasons: what tells them apart, in one table. records.py makes their routes from it."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from api.http.input_schemas import BIG, Switch, Text, Whole
from api.http.order_schema import Open, OrEmpty, text
from api.http.plain_json import Free
from api.http.setting_schemas import Calls
from domain.carriers import CargoCompanyCondition, SenderAddress
from domain.settings import CancellationReason, CargoCompany, Channel, DenialReason, Record
from scenarios.carriers import checked
from scenarios.conditions import Wrong

Body = dict[str, Any]


class Set(Open):
    """null for a field that cannot be null is as if it were not given; so is a field that is not known."""

    @pre_load
    def no_nulls(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        never = {name for name, field in self.fields.items() if not field.allow_none and not field.required}
        return {name: value for name, value in data.items() if value is not None or name not in never}


def _said(value: str) -> None:
    if not value.strip():
        raise ValidationError("It is empty.")


def words(most: int = 255, **settings: Any) -> Text:
    """A text that says something."""
    return Text(validate=[validate.Length(1, most), _said], **settings)


def switch(default: bool = True) -> Switch:
    return Switch(load_default=default)


class ChannelBody(Set):
    name = words(required=True)
    slug = words(load_default=None, allow_none=True)
    channel_type = Text(load_default="", validate=validate.Length(max=100))
    conf = Free(load_default=dict)
    is_active = switch()
    settings = fields.Nested(Calls, load_default=dict)


class CargoCompanyBody(Set):
    name = words(required=True)
    slug = words(load_default=None, allow_none=True)
    label_required = switch(False)
    conf = Free(load_default=dict)
    is_active = switch()


class DenialReasonBody(Set):
    title = words(required=True)
    remote_id = text(100, None)
    priority = Whole(load_default=0, validate=validate.Range(0, BIG))
    is_active = switch()
    exclude_for = Whole(load_default=24 * 3600, validate=validate.Range(0, BIG))


class CancellationReasonBody(Set):
    title = words(required=True)
    remote_id = text(100, None)
    priority = Whole(load_default=0, validate=validate.Range(0, BIG))
    is_active = switch()


def _named(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValidationError("An id, a slug, a name or a code.")


class SenderAddressBody(Set):
    stock_location = fields.Raw(required=True, validate=_named)
    cargo_company = fields.Raw(required=True, validate=_named)
    origin_id = words(100, required=True)
    remote_id = text(100, None)
    is_active = switch()


def _condition(expression: str) -> None:
    try:
        checked(expression)
    except Wrong as wrong:
        raise ValidationError(f"{wrong.text}.") from None


class CargoCompanyConditionBody(Set):
    name = words(required=True)
    cargo_company = fields.Raw(required=True, validate=_named)
    expression = OrEmpty(load_default="", allow_none=True, validate=[validate.Length(max=5000), _condition])
    priority = Whole(load_default=0, validate=validate.Range(0, BIG))
    is_active = switch()


def slug_of(text: str) -> str:
    """“Fast Cargo” → fast-cargo; what has no letter of the alphabet stays as it is."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or text


def _slug(made: Callable[[str], str]) -> Callable[[Body, Any], Body]:
    """A slug that was not said stays as it was; a new record's is made of its name."""

    def complete(said: Body, before: Any) -> Body:
        if said.get("slug") is not None:
            return said
        return said | {"slug": before.slug if before is not None else made(said["name"])}

    return complete


@dataclass(frozen=True)
class RecordKind:
    """`paths`: the first is the one to use, the others are older names of it. `names`: unique in the kind.
    `complete(body, record before or None)` fills in what was not said. `sealed`: fields that may hold secrets.
    `others`: fields that name a record of another kind, by id, slug, name or code. `answers`: the OpenAPI component."""

    kind: str
    record: type[Record]
    title: str
    paths: tuple[str, ...]
    body: type[Open]
    names: tuple[str, ...]
    complete: Callable[[Body, Any], Body] = lambda said, _before: said
    sealed: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> str:
        return self.record.__name__


RECORD_KINDS = (
    RecordKind(
        "channel",
        Channel,
        "channel",
        ("channels",),
        ChannelBody,
        ("slug", "name"),
        _slug(lambda said: said),
        ("conf", "settings"),
    ),
    RecordKind(
        "cargo_company",
        CargoCompany,
        "carrier",
        ("cargo-companies",),
        CargoCompanyBody,
        ("slug", "name"),
        _slug(slug_of),
        ("conf",),
    ),
    RecordKind(
        "denial_reason",
        DenialReason,
        "denial reason",
        ("packages/package_denial_reason", "package-denial-reason"),
        DenialReasonBody,
        ("title",),
    ),
    RecordKind(
        "cancellation_reason",
        CancellationReason,
        "cancellation reason",
        ("cancellation-reasons",),
        CancellationReasonBody,
        ("title",),
    ),
    RecordKind(
        "sender_address",
        SenderAddress,
        "sender address",
        ("stocklocations-senderaddress",),
        SenderAddressBody,
        (),
        others={"stock_location": "location", "cargo_company": "cargo_company"},
    ),
    RecordKind(
        "cargo_company_condition",
        CargoCompanyCondition,
        "carrier condition",
        ("cargo-company-conditions",),
        CargoCompanyConditionBody,
        ("name",),
        others={"cargo_company": "cargo_company"},
    ),
)
