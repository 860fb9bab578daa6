"""What a request says of a subscription, checked field by field (spec 4.1)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.kernel import Refusal, invalid
from webhook_outbox import schedule
from webhook_outbox.matching import ORDER_MODES
from webhook_outbox.registry import is_known, unknown_event_type
from webhook_outbox.signing import is_well_formed
from webhook_outbox.targets import Network, check_url

URL_LENGTH = 255
EVENT_LENGTH = 124
MOST_CONCURRENT = 32

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "webhook-id",
    "expect",
    "upgrade",
    "te",
    "trailer",
}
_BASIC = {"username": None, "password": None}
_TOKEN_LOGIN = {
    "url": None,
    "username": None,
    "password": None,
    "username_field": "username",
    "password_field": "password",
    "token_key": "key",
    "header_format": "Token {}",
}
"""What `auth` is made of, with what is meant where it is not said."""

_SAID = (
    "target_url",
    "event_type",
    "is_active",
    "retry_countdown_config",
    "config",
    "secret_key",
    "rotation_hours",
    "additional_headers",
)
_SHOWN = {"id", "version", "has_secret_key", "user", "health", "created_date", "modified_date"}
"""What an answer has besides: taken and left as it is, so that what was read can be written back."""

_CONFIG = {"channel_id", "erp_code", "order_mode", "rate", "concurrency", "auth"}


@dataclass(frozen=True, slots=True)
class Checked:
    """`auth` and `headers` go to the secrets, the rest into the subscription."""

    target_url: str
    event_type: str
    is_active: bool
    retry_countdown_config: Mapping[str, Any] | None
    config: Mapping[str, Any]
    secret_key: str | None
    headers: Mapping[str, str]
    auth: Mapping[str, Any] | None


def check(body: Mapping[str, Any], allowed: Sequence[Network]) -> Checked:
    """Refusal `invalid` names every wrong field; WebhookError for an event name that is not known."""
    unknown = sorted(set(body) - set(_SAID) - _SHOWN)
    wrong = {name: [f"There is no such field; known are {', '.join(_SAID)}."] for name in unknown}

    def field(name: str, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Refusal as refusal:
            wrong.update(refusal.extra.get("fields", {name: [refusal.message]}))
            return None

    url = field("target_url", _url, body.get("target_url"), allowed)
    event_type = field("event_type", _event_type, body.get("event_type"))
    retries = field("retry_countdown_config", schedule.check, body.get("retry_countdown_config"))
    headers = field("additional_headers", _headers, body.get("additional_headers"))
    config = field("config", _config, body.get("config"))
    auth = None
    if isinstance(config, Mapping):
        auth = field("config", _auth, (body.get("config") or {}).get("auth"), allowed)
    secret = field("secret_key", _secret, body.get("secret_key"))
    active = body.get("is_active", True)
    if not isinstance(active, bool):
        wrong["is_active"] = ["true or false."]
    if wrong:
        raise Refusal("invalid", "; ".join(text for texts in wrong.values() for text in texts), fields=wrong)
    if not is_known(event_type):
        raise unknown_event_type(event_type)
    plain = {k: v for k, v in config.items() if k != "auth"}
    return Checked(url, event_type, active, retries, plain, secret, headers, auth)


def _url(url: Any, allowed: Sequence[Network]) -> str:
    if not isinstance(url, str) or not url:
        raise invalid(target_url="Missing data for required field.")
    if len(url) > URL_LENGTH or not url.isascii():
        raise invalid(
            target_url=f"At most {URL_LENGTH} characters of ASCII; others are written %-coded or as punycode."
        )
    sentence = check_url(url, allowed)
    if sentence is not None:
        raise invalid(target_url=sentence)
    return url


def _event_type(event_type: Any) -> str:
    if not isinstance(event_type, str) or not event_type:
        raise invalid(event_type="Missing data for required field.")
    if len(event_type) > EVENT_LENGTH:
        raise invalid(event_type=f"At most {EVENT_LENGTH} characters.")
    return event_type


def _secret(secret: Any) -> str | None:
    if secret is None or secret == "":
        return None
    if not isinstance(secret, str) or len(secret) > 255 or "\0" in secret:
        raise invalid(secret_key="A text of at most 255 characters.")  # noqa: S106 - a sentence about it
    if not is_well_formed(secret):
        raise invalid(secret_key="After whsec_ stands base64 of 24 to 64 bytes.")  # noqa: S106 - as above
    return secret


def _headers(headers: Any) -> dict[str, str]:
    if headers is None:
        return {}
    if not isinstance(headers, Mapping) or len(headers) > 50:
        raise invalid(additional_headers="An object of at most 50 names and texts.")
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise invalid(additional_headers=f"{name!r} cannot be the name of a header here.")
        if not isinstance(value, str) or len(value) > 4096 or not value.isascii() or not value.isprintable():
            raise invalid(additional_headers=f"The value of {name} is not a line of printable ASCII.")
    return dict(headers)


def _config(config: Any) -> Mapping[str, Any]:
    if config is None:
        return {}
    if not isinstance(config, Mapping):
        raise invalid(config="An object.")
    unknown = sorted(set(config) - _CONFIG)
    if unknown:
        raise invalid(config=f"Not known: {', '.join(unknown)}; known are {', '.join(sorted(_CONFIG))}.")
    if config.get("order_mode", "entity") not in ORDER_MODES:
        raise invalid(config=f"order_mode is one of {', '.join(ORDER_MODES)}.")
    most = config.get("concurrency")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_CONCURRENT):
        raise invalid(config=f"concurrency is a whole number from 1 to {MOST_CONCURRENT}.")
    rate = config.get("rate")
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or not 0.01 <= rate <= 10_000):
        raise invalid(config="rate is the requests a second at most: a number from 0.01 to 10,000.")
    for name, kind in (("channel_id", int), ("erp_code", str)):
        value = config.get(name)
        values = value if isinstance(value, list) else [] if value is None else [value]
        if any(isinstance(v, bool) or not isinstance(v, kind) for v in values):
            raise invalid(config=f"{name} is one {'id' if kind is int else 'code'} or a list of them.")
    return config


def _auth(auth: Any, allowed: Sequence[Network]) -> Mapping[str, Any] | None:
    if auth is None:
        return None
    if not isinstance(auth, Mapping) or auth.get("auth_type") not in ("basic", "token"):
        raise invalid(config="auth: auth_type is basic or token.")
    shape = _BASIC if auth["auth_type"] == "basic" else _TOKEN_LOGIN
    unknown = sorted(set(auth) - set(shape) - {"auth_type"})
    if unknown:
        raise invalid(config=f"auth: not known: {', '.join(unknown)}; known are {', '.join(shape)}.")
    said = {name: auth.get(name, usual) for name, usual in shape.items()}
    for name, value in said.items():
        if not isinstance(value, str) or not 0 < len(value) <= 255 or "\0" in value:
            raise invalid(config=f"auth: {name} is a text of 1 to 255 characters.")
    if auth["auth_type"] == "basic":
        if ":" in said["username"]:
            raise invalid(config="auth: a username holds no colon.")
    else:
        sentence = check_url(said["url"], allowed) if said["url"].isascii() else "ASCII only."
        if sentence is not None:
            raise invalid(config=f"auth: url: {sentence}")
        form = said["header_format"]
        if form.count("{}") != 1 or not form.isascii() or not form.isprintable():
            raise invalid(config="auth: header_format is a line of ASCII with one {}, where the token goes.")
    return {"auth_type": auth["auth_type"], **said}
