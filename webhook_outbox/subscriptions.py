"""Subscriptions saved, shown and removed (spec 4.1). What is secret goes to its own table, the rest is an event."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from domain import settings
from domain.kernel import Given, invalid
from domain.kinds import stream_of
from domain.settings import Subscription
from domain.webhook_endpoint import Endpoint, subscription_of
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from eventlog.recorded import Claim, Claimed
from projections.objects.settings import endpoint_health
from projections.objects.wire import moment
from webhook_outbox.endpoint_secrets import Secrets, load_secrets, save_secrets, secrets_of
from webhook_outbox.health import forget_health, rows_of
from webhook_outbox.registry import webhook_exists, webhook_not_found
from webhook_outbox.signing import new_secret
from webhook_outbox.subscription_input import check
from webhook_outbox.tables import Connection
from webhook_outbox.targets import Network

SAVE_LOCK = (7104, 1)
"""Subscriptions are saved one after the other, so that two of the same user, URL and event are never both new."""

ROTATION_HOURS = 24.0
"""How long the old secret still signs, where `rotation_hours` does not say."""

HEADER_MASK = "********"


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a request saves (spec 3.1). `check(version)` refuses a version it does not want (0: a new one);
    `claim`: its Idempotency-Key; `try_out(facts)` raises in place of the write, on a dry run."""

    check: Callable[[int], None] = lambda _version: None
    claim: Claim | None = None
    try_out: Callable[[Sequence[Any]], None] = lambda _facts: None
    correlation_id: str = ""


ANY = Terms()


class Repeated(Exception):
    """The claim of the request is taken: it was accepted before, or its key stands for another."""

    def __init__(self, found: Claimed) -> None:
        super().__init__(found.key)
        self.found = found


def show(subscription: Endpoint, secrets: Secrets, newest: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Spec 7, Webhook; the secret is never shown, values of own headers and passwords are masked. `newest`: of its
    health."""
    config = dict(subscription.config)
    if secrets.auth is not None:
        config["auth"] = {**secrets.auth, "password": HEADER_MASK}
    return {
        "id": subscription.id,
        "version": subscription.version,
        "target_url": subscription.target_url,
        "event_type": subscription.event_type,
        "has_secret_key": secrets.secret_key is not None,
        "additional_headers": dict.fromkeys(secrets.additional_headers, HEADER_MASK),
        "config": config,
        "retry_countdown_config": subscription.retry_countdown_config,
        "is_active": subscription.is_active,
        "user": subscription.user,
        "health": endpoint_health(subscription, newest),
        "created_date": moment(subscription.created),
        "modified_date": moment(subscription.modified),
    }


def find(log: EventLog, id: int) -> Endpoint:
    """WebhookError webhook_100_1 where it is not there, or was removed."""
    found = log.state(stream_of("webhook", id)).state
    if found is None or found.removed:
        raise webhook_not_found()
    assert isinstance(found, Endpoint)  # noqa: S101 - the kind says it
    return found


def one(log: EventLog, keyring: Keyring, id: int) -> dict[str, Any]:
    with log.listening() as connection:
        return show(find(log, id), secrets_of(connection, keyring, id), rows_of(connection, [id]).get(id))


def every(log: EventLog, keyring: Keyring) -> list[dict[str, Any]]:
    """All that are not removed, by id."""
    log.reference.refresh()
    standing = sorted((s for s in log.reference.all("webhook") if not s.removed), key=lambda s: s.id)
    with log.listening() as connection:
        ids = [s.id for s in standing]
        secrets, health = load_secrets(connection, keyring, ids), rows_of(connection, ids)
        return [show(s, secrets.get(s.id, (0, Secrets()))[1], health.get(s.id)) for s in standing]


def as_answered(log: EventLog, keyring: Keyring, found: Claimed, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a request was answered that is repeated under its claim: the subscription as it was then. A secret that it
    had made is told again while nothing has changed since."""
    id = int(found.answer or b"0")
    then = log.state_at(stream_of("webhook", id), position=found.position).state
    now = log.state(stream_of("webhook", id)).state
    with log.listening() as connection:
        secrets = secrets_of(connection, keyring, id)
    again = {"secret_key": secrets.secret_key} if _made(body)[0] and then.version == now.version else {}
    return {**show(then, secrets), **again}


def create(
    log: EventLog,
    keyring: Keyring,
    body: Mapping[str, Any],
    *,
    user: int,
    actor: str,
    allowed: Sequence[Network] = (),
    terms: Terms = ANY,
) -> dict[str, Any]:
    """A new one, or the same one revived that had been removed. `"secret_key": "whsec_"` asks for one to be made: it
    stands in this answer and never again. Raises Repeated."""
    made, body = _made(body)
    checked = check(body, allowed)
    with _saving(log, terms) as connection:
        same = [
            s
            for s in log.reference.all("webhook")
            if (s.user, s.target_url, s.event_type) == (user, checked.target_url, checked.event_type)
        ]
        standing = next((s for s in same if not s.removed), None)
        if standing is not None:
            raise webhook_exists(standing.id)
        id = same[0].id if same else log.ids("webhook")
        secrets = Secrets(checked.secret_key, checked.headers, checked.auth)
        subscription = Subscription(
            id=id,
            user=user,
            target_url=checked.target_url,
            event_type=checked.event_type,
            is_active=checked.is_active,
            retry_countdown_config=checked.retry_countdown_config,
            config=checked.config,
        )
        decided = _saved(subscription, anew=True)
        _may(log, id, decided, terms)
        save_secrets(connection, keyring, id, secrets)
        shown = show(_write(log, id, decided, actor, "create-webhook", terms), secrets)
    return {**shown, "secret_key": checked.secret_key} if made else shown


def change(
    log: EventLog,
    keyring: Keyring,
    id: int,
    body: Mapping[str, Any],
    *,
    actor: str,
    partial: bool,
    allowed: Sequence[Network] = (),
    terms: Terms = ANY,
) -> dict[str, Any]:
    """PUT, or PATCH (`partial`). A new `secret_key` is a rotation: the old one signs beside it for `rotation_hours`. A
    secret that is not named stays, as does a masked value that comes back. Raises Repeated."""
    hours = _hours(body)
    made, body = _made(body)
    with _saving(log, terms) as connection:
        before = find(log, id)
        old = secrets_of(connection, keyring, id)
        checked = check(_merged(before, old, body, partial), allowed)
        key = (before.user, checked.target_url, checked.event_type)
        for other in log.reference.all("webhook"):
            if other.id != id and not other.removed and (other.user, other.target_url, other.event_type) == key:
                raise webhook_exists(other.id)
        secrets = Secrets(checked.secret_key, checked.headers, checked.auth, old.old_secret_key, old.old_until)
        if secrets.secret_key != old.secret_key and old.secret_key is not None:
            until = log.now() + timedelta(hours=hours)
            secrets = replace(secrets, old_secret_key=old.secret_key, old_until=until)
        after = replace(
            subscription_of(before),
            target_url=checked.target_url,
            event_type=checked.event_type,
            is_active=checked.is_active,
            retry_countdown_config=checked.retry_countdown_config,
            config=checked.config,
        )
        decided = _saved(after, anew=secrets != old)
        _may(log, id, decided, terms)
        if secrets != old:
            save_secrets(connection, keyring, id, secrets)
        forget_health(connection, id)
        shown = show(_write(log, id, decided, actor, "change-webhook", terms), secrets)
    return {**shown, "secret_key": checked.secret_key} if made else shown


def remove(log: EventLog, id: int, *, actor: str, terms: Terms = ANY) -> Endpoint:
    """No further sends; what was sent stays in the ledger, what waits is dropped by the fan-out. Raises Repeated."""
    with _saving(log, terms):
        find(log, id)

        def decided(before: Any, _: Given | None) -> list[Any]:
            return settings.remove(before)

        _may(log, id, decided, terms)
        return _write(log, id, decided, actor, "remove-webhook", terms)


Decided = Callable[[Any, Given | None], list[Any]]


def _saved(subscription: Subscription, *, anew: bool) -> Decided:
    """`anew`: its secrets change, which is a version too, though no fact tells them."""

    def decided(before: Any, _: Given | None) -> list[Any]:
        stands = before is not None and not before.removed and before.trouble is None and not anew
        return settings.save(subscription_of(before) if stands else None, subscription)

    return decided


def _may(log: EventLog, id: int, decided: Decided, terms: Terms) -> None:
    """Before anything is written, secrets included."""
    held = log.state(stream_of("webhook", id))
    terms.check(held.version)
    terms.try_out(decided(held.state, None))


def _write(log: EventLog, id: int, decided: Decided, actor: str, command: str, terms: Terms) -> Endpoint:
    stream = stream_of("webhook", id)
    written = log.decide(
        stream,
        decided,
        actor=actor,
        command=command,
        correlation_id=terms.correlation_id,
        causation_id=terms.correlation_id,
        claims=() if terms.claim is None else (replace(terms.claim, answer=str(id).encode()),),
        check=lambda _state, version: terms.check(version),
    )
    saved = log.state(stream, at_least=written.versions[stream]).state
    assert isinstance(saved, Endpoint)  # noqa: S101 - the kind says it
    return saved


@contextmanager
def _saving(log: EventLog, terms: Terms) -> Iterator[Connection]:
    with log.listening() as connection:
        connection.execute("select pg_advisory_lock(%s, %s)", SAVE_LOCK)  # goes with the connection
        if terms.claim is not None and (found := log.claim(terms.claim.key)) is not None:
            raise Repeated(found)
        log.reference.refresh()
        yield connection


def _made(body: Mapping[str, Any]) -> tuple[bool, Mapping[str, Any]]:
    asked = body.get("secret_key") == "whsec_"
    return asked, {**body, "secret_key": new_secret()} if asked else body


def _hours(body: Mapping[str, Any]) -> float:
    hours = body.get("rotation_hours", ROTATION_HOURS)
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= 24 * 30:
        raise invalid(rotation_hours="Hours from 0 to 720.")
    return float(hours)


def _merged(before: Subscription, old: Secrets, body: Mapping[str, Any], partial: bool) -> dict[str, Any]:
    """The request, completed by what stands: all of it for PATCH, else what cannot be seen."""
    kept: dict[str, Any] = {"secret_key": old.secret_key}
    if partial:
        kept |= {
            "target_url": before.target_url,
            "event_type": before.event_type,
            "is_active": before.is_active,
            "retry_countdown_config": before.retry_countdown_config,
            "config": {**before.config, "auth": old.auth},
            "additional_headers": old.additional_headers,
        }
    merged = {**kept, **body}
    headers = merged.get("additional_headers")
    if isinstance(headers, Mapping):
        merged["additional_headers"] = {
            name: old.additional_headers.get(name, value) if value == HEADER_MASK else value
            for name, value in headers.items()
        }
    config = merged.get("config")
    auth = config.get("auth") if isinstance(config, Mapping) else None
    if isinstance(config, Mapping) and isinstance(auth, Mapping) and auth.get("password") == HEADER_MASK and old.auth:
        merged["config"] = {**config, "auth": {**auth, "password": old.auth["password"]}}
    return merged
