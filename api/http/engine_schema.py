"""The stock service of a location (spec 5): where it is, how to log in. Its password is sealed, never in an event."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from api.http.input_schemas import Text
from api.http.plain_json import plain
from eventlog.secrets import Secrets

MASK = "********"
UNTIL_NEXT_COUNT = "until_next_count"


def web_address(url: str) -> None:
    """ValidationError for what is no address of HTTP, or holds a password."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise ValidationError("An address such as https://stock.example.org/stock.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("The password stands in `auth`, not in the address.")


class Strict(Schema):
    """What is misspelt in here would be missed only when the service is asked."""

    class Meta:
        unknown = RAISE


class EngineAuth(Strict):
    type = Text(load_default="anonymous", validate=validate.OneOf(["anonymous", "basic_auth", "token"]))
    username = Text(allow_none=True, validate=validate.Length(max=255))
    password = Text(allow_none=True, validate=validate.Length(max=1000))
    url = Text(allow_none=True, validate=validate.Length(max=2000))


class EngineService(Strict):
    url = Text(required=True, validate=[validate.Length(1, 2000), web_address])
    type = Text(load_default="multiple", validate=validate.OneOf(["multiple", "single"]))
    sku_parameter = Text(validate=validate.Length(1, 50))


class Settling(fields.Decimal):
    """Minutes, or the word for: until somebody counts."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value if value == UNTIL_NEXT_COUNT else super()._deserialize(value, attr, data, **kwargs)

    def _validate(self, value: Any) -> None:
        if value != UNTIL_NEXT_COUNT:
            super()._validate(value)


class Engine(Strict):
    auth = fields.Nested(EngineAuth, allow_none=True)
    service = fields.Nested(EngineService, required=True)
    settle_minutes = Settling(allow_nan=False, validate=validate.Range(Decimal(0), Decimal(1440)))


def sealed(engine: Mapping[str, Any] | None, before: Mapping[str, Any] | None, secrets: Secrets) -> Any:
    """The engine as an event may hold it. A password that comes back as it was told (its name, or masked) stays, as
    long as it goes to the same place under the same user: else whoever may name it could have it sent to themselves."""
    if engine is None:
        return None
    auth = dict(engine.get("auth") or {})
    made = {**engine, **({"auth": auth} if auth else {})}
    if auth.get("type") == "token":
        _token(auth)
    given = auth.get("password")
    if given:
        old = (before or {}).get("auth") or {}
        if given in (MASK, old.get("password")):
            if not old.get("password") or _where(made) != _where(before or {}):
                _wrong("Say the password again: where it is sent, or the user, has changed.")
            auth["password"] = old["password"]
        else:
            auth["password"] = secrets.keep(given)
    elif auth.get("type", "anonymous") != "anonymous":
        _wrong(f"{auth['type']} needs a password.")
    return plain(made)


def _token(auth: Mapping[str, Any]) -> None:
    try:
        web_address(auth.get("url") or "")
    except ValidationError as error:
        raise ValidationError({"engine": {"auth": {"url": error.messages}}}) from None


def _wrong(text: str) -> None:
    raise ValidationError({"engine": {"auth": {"password": [text]}}})


def _where(engine: Mapping[str, Any]) -> tuple[Any, ...]:
    """To whom the password is sent."""
    auth, service = engine.get("auth") or {}, engine.get("service") or {}
    return auth.get("type"), auth.get("username"), auth.get("url"), service.get("url")
