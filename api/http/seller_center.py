"""A Seller Center in the order source's place, by `OMNITRON_CLIENT_SETTINGS` alone (spec 5): an `endpoint_conf` of
"packages" {base_url, auth {token}} says where packages and their states are sent, as webhooks of the usual shape.

It is a subscription like any other, so that it has their order, retries, ledger and health; it belongs to no user, and
follows the setting. The token goes along as `Authorization: Token …` and is the secret the messages are signed with.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from api.http.routes import Services
from domain.webhook_endpoint import Endpoint
from eventlog.secret_values import opened
from eventlog.secrets import Secrets
from integrations.order_source.connection import PACKAGES, connected, endpoint_of
from webhook_outbox import subscriptions
from webhook_outbox.endpoint_secrets import secrets_of
from webhook_outbox.targets import check_url

NO_USER = 0
EVENTS = "package.*"
ACTOR = "seller-center"


def check(settings: Any, services: Services) -> None:
    """Whether packages may be sent to where the settings say; ValidationError else."""
    url = None if not isinstance(settings, Mapping) else _target(settings)
    wrong = None if url is None else check_url(url, services.settings.webhook_allow)
    if wrong is not None:
        raise ValidationError({"json_value": {"endpoint_conf": [f"{PACKAGES}: {wrong}"]}})


def follow(services: Services) -> None:
    """Brings the subscription to where the setting says; none where it names no Seller Center. Again and again changes
    nothing."""
    log = services.log
    log.reference.refresh()
    settings = connected(log.reference)
    target = None if settings is None else _target(settings)
    standing = [hook for hook in log.reference.all("webhook") if hook.user == NO_USER and not hook.removed]
    for hook in standing:
        if hook.target_url != target:
            subscriptions.remove(log, hook.id, actor=ACTOR)
    if settings is None or target is None:
        return
    body = _body(target, _token(services, settings))
    known = next((hook for hook in standing if hook.target_url == target), None)
    allowed = services.settings.webhook_allow
    if known is None:
        subscriptions.create(log, services.keyring, body, user=NO_USER, actor=ACTOR, allowed=allowed)
    elif not _has(services, known, body):
        subscriptions.change(log, services.keyring, known.id, body, actor=ACTOR, partial=True, allowed=allowed)


def _target(settings: Mapping[str, Any]) -> str | None:
    """The base_url of "packages" is the address itself; without one they go below the source's."""
    conf = endpoint_of(settings, PACKAGES)
    if conf is None:
        return None
    base = (settings.get("urls") or {}).get("base_url")
    return conf.get("base_url") or (f"{base.rstrip('/')}/{PACKAGES}" if base else None)


def _token(services: Services, settings: Mapping[str, Any]) -> str | None:
    secrets = Secrets(services.log.listening, services.secret_key)
    conf = opened(endpoint_of(settings, PACKAGES) or {}, secrets.read)
    return (conf.get("auth") or {}).get("token") or None


def _body(target: str, token: str | None) -> dict[str, Any]:
    headers: Sequence[tuple[str, str]] = [("Authorization", f"Token {token}")] if token else []
    return {"target_url": target, "event_type": EVENTS, "secret_key": token, "additional_headers": dict(headers)}


def _has(services: Services, hook: Endpoint, body: Mapping[str, Any]) -> bool:
    with services.log.listening() as connection:
        secrets = secrets_of(connection, services.keyring, hook.id)
    return (secrets.secret_key, dict(secrets.additional_headers)) == (body["secret_key"], body["additional_headers"])
