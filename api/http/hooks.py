"""Webhook subscriptions and the ledger of what was sent (spec 4.1, 4.5); refusals are `{code, en, tr}` with 406."""

import hmac
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from api.http.commands import another_body, claim_of, if_match_of
from api.http.dry_run import DryRun
from api.http.errors import Failure, WrongInput, known_only
from api.http.input_schemas import Switch
from api.http.paging import NEWEST_FIRST, PARAMETERS, asked_of, page_of, page_of_all
from api.http.plain_json import plain
from api.http.routes import AUDIT, HOOKS, Answer, Call, Parameter, route
from api.settings import Network
from projections.filters import MOMENT, TEXT, WHOLE, BadFilter
from projections.listing import COUNTED_TO
from webhook_outbox import ledger, replay, subscriptions, trial
from webhook_outbox import registry as catalogue
from webhook_outbox.attempt import Courier
from webhook_outbox.dialing import Dialer

SENDS = {
    "Idempotency-Key": "it is asked for to send once more, under an id by which a receiver knows what it had",
    "If-Match": "it changes no object that has a version",
    "dry_run": "it sends",
}
REPLAYS = {name: why for name, why in SENDS.items() if name != "dry_run"}

PATH = "/whisperer/hooks"
EVENTS = "/whisperer/hook_events"
LEDGER = HOOKS | AUDIT
"""Who reads what was sent: support too."""

FILTERS = ("event_type", "is_active", "target_url", "user")
MOST_PULLED = 100
PULLING = {
    "after": "What comes after the delivery of this id; 0 is from the beginning.",
    "limit": f"How many, {MOST_PULLED} at most.",
}

_LOOKS: dict[str, Mapping[str, Any]] = {
    "_whole": WHOLE,
    "_uuid": {"type": "string", "format": "uuid"},
    "_flag": {"enum": ["true", "false"]},
    "first_moment_of": MOMENT,
    "last_moment_of": MOMENT,
}
_EVENT_FILTERS = {
    name: Parameter(f"Only with this {name.replace('_', ' ')}.", _LOOKS.get(read.__name__, TEXT))
    for name, (_, read) in ledger.FILTERS.items()
}


class Force(Schema):
    """Whether to send again what was delivered, or is still being retried."""

    class Meta:
        unknown = EXCLUDE

    force = Switch(load_default=False)


class ReplayRange(Schema):
    """What to send again: positions of the log or times of the events, both ends included."""

    class Meta:
        unknown = EXCLUDE

    _position = validate.Range(0, 2**62)
    from_position = fields.Integer(strict=True, allow_none=True, load_default=None, validate=_position)
    to_position = fields.Integer(strict=True, allow_none=True, load_default=None, validate=_position)
    from_date = fields.AwareDateTime(format="iso", allow_none=True, load_default=None)
    to_date = fields.AwareDateTime(format="iso", allow_none=True, load_default=None)
    dry_run = Switch(load_default=False)


@route(
    "GET",
    f"{PATH}/",
    roles=LEDGER,
    tag="webhooks",
    query={**PARAMETERS, **{name: f"Only with this {name.replace('_', ' ')}." for name in FILTERS}},
    answers="[Webhook]",
)
def list_hooks(call: Call) -> Answer:
    """All subscriptions."""
    return page_of_all(call, subscriptions.every(call.log, call.services.keyring), FILTERS)


@route("POST", f"{PATH}/", roles=HOOKS, tag="webhooks", free_body=True, status=201, answers="Webhook")
def create_hook(call: Call) -> Answer:
    """Subscribes a URL to an event name or a prefix with `*`; one that was deleted is revived."""
    said = plain(call.body)
    try:
        shown = subscriptions.create(
            call.log,
            call.services.keyring,
            said,
            user=call.caller.id,
            actor=call.caller.username,
            allowed=call.services.settings.webhook_allow,
            terms=_terms(call, born=True),
        )
    except subscriptions.Repeated as repeated:
        shown = _again(call, repeated, said)
    return _versioned(shown, 201)


@route("GET", f"{PATH}/registry/", roles=LEDGER, tag="webhooks", answers="[WebhookEventType]")
def registry(call: Call) -> Any:
    """Every event name with a sentence and the schema of its payload."""
    rows = catalogue.registry()
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


@route("GET", f"{PATH}/<int:id>/", roles=LEDGER, tag="webhooks", answers="Webhook")
def hook(call: Call, id: int) -> Answer:
    """A subscription; its secrets are never shown."""
    return _versioned(subscriptions.one(call.log, call.services.keyring, id))


@route("PUT", f"{PATH}/<int:id>/", roles=HOOKS, tag="webhooks", free_body=True, answers="Webhook")
def replace_hook(call: Call, id: int) -> Answer:
    """Sets a subscription anew; a secret that is not named stays."""
    return _change(call, id, partial=False)


@route("PATCH", f"{PATH}/<int:id>/", roles=HOOKS, tag="webhooks", free_body=True, answers="Webhook")
def change_hook(call: Call, id: int) -> Answer:
    """Changes what is named of a subscription; a new secret_key is a rotation."""
    return _change(call, id, partial=True)


@route("DELETE", f"{PATH}/<int:id>/", roles=HOOKS, tag="webhooks", status=204)
def delete_hook(call: Call, id: int) -> Answer:
    """Stops further sends; what was sent stays in the ledger."""
    try:
        version = subscriptions.remove(call.log, id, actor=call.caller.username, terms=_terms(call)).version
    except subscriptions.Repeated as repeated:
        version = _again(call, repeated, {})["version"]
    return Answer(None, 204, {"ETag": f'"{version}"'})


@route("POST", f"{PATH}/<int:id>/test/", roles=HOOKS, tag="webhooks", answers="WebhookTrial", unkept=SENDS)
def test_hook(call: Call, id: int) -> Any:
    """Sends a signed trial message and gives back what was answered."""
    services = call.services
    with call.log.listening() as connection:
        return trial.test(call.log, connection, services.keyring, _courier(services.settings.webhook_allow), id)


@route(
    "POST",
    f"{PATH}/<int:id>/replay/",
    roles=HOOKS,
    tag="webhooks",
    body=ReplayRange(),
    answers="WebhookReplay",
    unkept=REPLAYS,
)
def replay_hook(call: Call, id: int) -> Any:
    """Sends a range of what the endpoint was sent again, in order; a dry run counts it first."""
    subscriptions.find(call.log, id)
    asked = {name: call.body[name] for name in ("from_position", "to_position", "from_date", "to_date")}
    with call.log.listening() as connection:
        return replay.replay(connection, id, replay.Range(**asked), dry_run=call.dry or call.body["dry_run"])


@route(
    "GET",
    f"{PATH}/<int:id>/pull/",
    roles=HOOKS,
    tag="webhooks",
    query=PULLING,
    answers="WebhookPull",
)
def pull_hook(call: Call, id: int) -> Any:
    """The same messages in order, for who cannot be reached; while it is switched off, `after` settles them."""
    known_only(call.query, PULLING)
    after = _number(call.query, "after", 0, 0, 2**62)
    limit = _number(call.query, "limit", MOST_PULLED, 1, 2**62)
    settles = not subscriptions.find(call.log, id).is_active
    with call.log.listening() as connection:
        rows = replay.pull(
            call.log,
            connection,
            call.services.keyring,
            id,
            after,
            min(limit, MOST_PULLED),
            settles=settles,
        )
    last = rows[-1]["id"] if rows else after
    return {"after": last, "more": len(rows) == min(limit, MOST_PULLED), "results": rows}


@route(
    "GET",
    f"{EVENTS}/",
    roles=LEDGER,
    tag="webhooks",
    query={**NEWEST_FIRST, **_EVENT_FILTERS},
    answers="[WebhookEvent]",
)
def list_events(call: Call) -> Answer:
    """Every delivery, the newest first, with its attempts."""
    asked = asked_of(call)
    if asked.sort is not None:
        raise WrongInput(sort=["They come the newest first."])
    if asked.page * asked.limit > COUNTED_TO:
        raise BadFilter("page", f"Pages go up to {COUNTED_TO:,} rows; go on with id__lt.")
    filters = {name: text for name, text in asked.filters.items() if text != ""}
    with call.services.pool.connection() as connection:
        found = ledger.events(connection, call.services.keyring, filters, page=asked.page, limit=asked.limit)
    rows, exact = found["results"], found["count_exact"]
    by_cursor = len(rows) == asked.limit and ("id__lt" in filters or (asked.page + 1) * asked.limit > COUNTED_TO)
    cursor = f"id__lt={rows[-1]['id']}" if by_cursor and found["count"] > asked.page * asked.limit else None
    return page_of(asked, rows, found["count"], exact, cursor)


@route("GET", f"{EVENTS}/<int:id>/", roles=LEDGER, tag="webhooks", answers="WebhookEvent")
def event(call: Call, id: int) -> Any:
    """A delivery: the bytes, and every attempt with what was answered."""
    with call.services.pool.connection() as connection:
        return ledger.event(connection, call.services.keyring, id)


@route(
    "POST", f"{EVENTS}/<int:id>/retry/", roles=HOOKS, tag="webhooks", body=Force(), answers="WebhookTrial", unkept=SENDS
)
def retry(call: Call, id: int) -> Any:
    """Sends a delivery again, now."""
    services = call.services
    courier = _courier(services.settings.webhook_allow)
    with call.log.listening() as connection:  # not of the pool: the receiver may take its time
        return trial.retry(call.log, connection, services.keyring, courier, id, force=call.body["force"])


def _change(call: Call, id: int, *, partial: bool) -> Answer:
    said = plain(call.body)
    try:
        shown = subscriptions.change(
            call.log,
            call.services.keyring,
            id,
            said,
            actor=call.caller.username,
            partial=partial,
            allowed=call.services.settings.webhook_allow,
            terms=_terms(call),
        )
    except subscriptions.Repeated as repeated:
        shown = _again(call, repeated, said)
    return _versioned(shown)


def _terms(call: Call, *, born: bool = False) -> subscriptions.Terms:
    """What the request's headers ask for; what is `born` by it has no version before. A key stands for the whole body,
    of which no digest is kept by which a secret could be guessed."""
    key = call.headers.get("Idempotency-Key")
    wanted = None if born else if_match_of(call.headers.get("If-Match"))

    def check(version: int) -> None:
        if wanted is not None and version != wanted:
            raise Failure(412, "precondition_failed", f"It is at version {version}, not {wanted}.")

    def try_out(facts: Sequence[Any]) -> None:
        if call.dry:
            raise DryRun(facts)

    said = json.dumps(plain(call.body or {}), sort_keys=True).encode()
    digest = hmac.digest(call.services.secret_key.encode(), said, "sha256").hex()
    claim = None if key is None else claim_of(call, key, {"digest": digest})
    return subscriptions.Terms(check, claim, try_out, call.request_id)


def _again(call: Call, repeated: subscriptions.Repeated, said: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of the first request with this Idempotency-Key."""
    claim = _terms(call).claim
    if claim is None or repeated.found.fingerprint != claim.fingerprint:
        raise another_body()
    return subscriptions.as_answered(call.log, call.services.keyring, repeated.found, said)


def _versioned(shown: dict[str, Any], status: int = 200) -> Answer:
    return Answer(shown, status, {"ETag": f'"{shown["version"]}"'})


def _number(query: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = query.get(name, "")
    if text == "":
        return usual
    if not text.isascii() or not text.isdigit() or not least <= int(text[:20]) <= most:
        raise WrongInput(**{name: [f"A whole number from {least} up."]})
    return int(text)


@cache
def _courier(allow: tuple[Network, ...]) -> Courier:
    """One for this process, made when first needed."""
    return Courier(Dialer(allow))
