"""What the value of each application setting is, and of each call that may follow a command (spec 5, 7)."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.http.engine_schema import Strict, web_address
from api.http.input_schemas import Switch, Text, Whole
from domain.sla import BEFORE_BIRTH
from domain.states import PackageStatus
from webhook_outbox.signing import is_well_formed

PHASE_STATES = (BEFORE_BIRTH, *(str(state.value) for state in PackageStatus))
LANGUAGES = ("en-us", "tr-tr")


def _address(*, required: bool = False) -> Text:
    return Text(validate=[validate.Length(1, 2000), web_address], required=required)


def _word(most: int = 255) -> Text:
    return Text(allow_none=True, validate=validate.Length(max=most))


def _well_formed(secret: str) -> None:
    if not is_well_formed(secret):
        raise ValidationError("After whsec_ stands base64 of 24 to 64 bytes.")


def _switch() -> Switch:
    return Switch()


class Timeouts(Strict):
    """Seconds."""

    connect = fields.Float(allow_nan=False, validate=validate.Range(0.1, 300))
    read = fields.Float(allow_nan=False, validate=validate.Range(0.1, 300))


class RemoteAuth(Strict):
    request_type = Text(load_default="anonymous", validate=validate.OneOf(["anonymous", "basic_auth", "token"]))
    username = _word()
    password = _word(1000)
    token = _word(4000)
    token_prefix = _word(50)
    url = _word(2000)


class RemoteCall(Strict):
    """A call that follows a command: the invoice service's, or bill fulfilment's."""

    remote_url = _address(required=True)
    auth = fields.Nested(RemoteAuth, allow_none=True)
    timeouts = fields.Nested(Timeouts, allow_none=True)
    generate_invoice_number = _switch()
    generate_invoice_url = _switch()


class Calls(Strict):
    """What follows a command (domain.transition_settings.CALLS)."""

    sync_remote_order_status = _switch()
    remote_invoice_call = fields.Nested(RemoteCall, allow_none=True)
    remote_bill_fulfillment_call = fields.Nested(RemoteCall, allow_none=True)


class Urls(Strict):
    oms_url = _address()
    base_url = _address()


class EndpointAuth(Strict):
    token = _word(4000)


class Endpoint(Strict):
    endpoint = Text(required=True, validate=validate.Length(1, 255))
    base_url = _address()
    auth = fields.Nested(EndpointAuth, allow_none=True)


class SigningSecret(Strict):
    secret_key = Text(required=True, validate=[validate.Length(8, 255), _well_formed])


class OrderSource(Strict):
    """`webhook_secrets`: what its messages to us are signed with; two of them while one is rotated."""

    auth = fields.Nested(RemoteAuth, allow_none=True)
    urls = fields.Nested(Urls, required=True)
    timeouts = fields.Nested(Timeouts, allow_none=True)
    endpoint_conf = fields.List(fields.Nested(Endpoint), validate=validate.Length(max=100))
    webhook_secrets = fields.List(fields.Nested(SigningSecret), validate=validate.Length(max=2))


class Geocoder(Strict):
    """`provider` log: nobody is asked, a line of the log says so."""

    provider = _word(100)
    url = _address(required=True)
    api_key = _word(1000)
    timeouts = fields.Nested(Timeouts, allow_none=True)


class TextMessages(Strict):
    """`provider` log: nothing is sent, a line of the log says so."""

    provider = Text(validate=validate.OneOf(["http", "log"]))
    url = _address()
    auth = fields.Nested(RemoteAuth, allow_none=True)
    sender = _word(50)
    template = fields.Dict(keys=fields.String(validate=validate.OneOf(LANGUAGES)), values=_word(500))
    timeouts = fields.Nested(Timeouts, allow_none=True)

    @validates_schema
    def told_where(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("provider", "http") == "http" and not data.get("url"):
            raise ValidationError({"url": ["Missing data for required field."]})


class OneTimePasswords(Strict):
    digits = Whole(load_default=6, validate=validate.Range(4, 10))
    tries = Whole(load_default=5, validate=validate.Range(1, 20))
    minutes = Whole(load_default=1440, validate=validate.Range(1, 60 * 24 * 30))


class Phase(Strict):
    """States by their numbers; `before_birth`: from when the order came in (domain.sla)."""

    name = Text(required=True, validate=validate.Regexp(r"[a-z][a-z0-9_]{0,39}\Z"))
    states = fields.List(Text(validate=validate.OneOf(PHASE_STATES)), required=True, validate=validate.Length(1, 20))
    target_minutes = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 60 * 24 * 3650))


def _no_twins(phases: list[dict[str, Any]]) -> None:
    names = [phase["name"] for phase in phases]
    states = [state for phase in phases for state in phase["states"]]
    for what, said in (("phase", names), ("state", states)):
        twice = sorted({one for one in said if said.count(one) > 1})
        if twice:
            raise ValidationError(f"The {what} {twice[0]} stands there twice.")


def _holding(schema: type[Schema]) -> fields.Field:
    return fields.Nested(schema, required=True, allow_none=True)


VALUES: Mapping[str, fields.Field] = {
    "OMNITRON_CLIENT_SETTINGS": _holding(OrderSource),
    "GEOCODE_PROVIDER_SETTINGS": _holding(Geocoder),
    "GEOLOCATION_DISCOVERY": Switch(required=True),
    "IS_OTP_ENABLED": Switch(required=True),
    "OTP_SETTINGS": fields.Nested(OneTimePasswords, required=True),
    "SMS_SETTINGS": _holding(TextMessages),
    "CONFIRM_CANCELLATION": Switch(required=True),
    "ORDER_ITEM_QUANTITY_KEY": Text(required=True, validate=validate.Length(1, 100)),
    "DISCREPANCY_DAYS": Whole(required=True, validate=validate.Range(0, 3650)),
    "SLA_PHASES": fields.List(fields.Nested(Phase), required=True, validate=[validate.Length(1, 30), _no_twins]),
    "DEFAULT_LANGUAGE": Text(required=True, validate=validate.OneOf(LANGUAGES)),
}
"""Key (domain.application_settings.SETTING_KEYS) → what its value must be."""
