"""`cancellation-reasons/pull_from_omnitron/` (spec 3.2): the reasons that the order source has, known here as well."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from api.http.bodies import check_texts
from api.http.errors import Failure, WrongInput
from api.http.record_kinds import CancellationReasonBody
from api.http.routes import OMS, WRITE, Call, route
from api.http.saving import save
from domain import settings
from domain.settings import CancellationReason
from integrations.order_source.asking import changed
from integrations.order_source.connection import connected, source_of
from integrations.trouble import Trouble

KIND, COMMAND_NAME = "cancellation_reason", "pull-cancellation-reasons"
BODY = CancellationReasonBody()
UNKEPT = {
    "Idempotency-Key": "pulled again, nothing is done that was done before",
    "If-Match": "it is about all of them",
    "dry_run": "it asks another system",
}
TITLES = ("title", "subject", "name")


@route(
    "POST",
    f"{OMS}/cancellation-reasons/pull_from_omnitron/",
    roles=WRITE,
    tag="cancellation-reasons",
    answers="PulledReasons",
    unkept=UNKEPT,
)
def pull_reasons(call: Call) -> dict[str, Any]:
    """Asks the order source for its cancellation reasons; those that are new or have changed are saved."""
    call.log.reference.refresh()
    if connected(call.log.reference) is None:
        raise Failure(400, "bad_request", "No order source is connected: OMNITRON_CLIENT_SETTINGS says none.")
    desk = call.services.desk
    try:
        rows = [row for page in changed(desk, source_of(desk), "cancellation_reasons", None) for row in page]
    except Trouble as trouble:
        text = f"The order source did not tell its reasons: {trouble}."
        raise Failure(503, "order_source_silent", text, {"Retry-After": "5"}) from None
    results = [saved(call, row) for row in rows]
    count = {what: sum(row["result"] == what for row in results) for what in ("created", "updated", "unchanged")}
    return {**count, "refused": len(results) - sum(count.values()), "results": results}


def saved(call: Call, row: Mapping[str, Any]) -> dict[str, Any]:
    """What came of a reason as the source tells it: `result` is created, updated, unchanged or refused."""
    call = replace(call, headers={}, body={})
    pk = str(row.get("pk", row.get("id", "")))
    title = next((row[name] for name in TITLES if row.get(name)), None)
    said = {"title": title, "remote_id": pk, "priority": row.get("order", row.get("priority"))}
    told: dict[str, Any] = {"remote_id": pk, "title": title if isinstance(title, str) else None}
    try:
        check_texts(dict(row))
        body = BODY.load({**said, "is_active": row.get("is_active")})
    except (ValidationError, Failure) as wrong:
        return {**told, "result": "refused", "message": str(wrong)[:500]}
    before = _known(call, pk, body["title"])
    acted = False

    def decided(state: Any, id: int) -> list[Any]:
        nonlocal acted
        facts = settings.save(state, CancellationReason(id, **body))
        acted = bool(facts)
        return facts

    try:
        made = save(call, KIND, decided, command=COMMAND_NAME, names=("title",), id=before, said=body)
    except WrongInput as wrong:  # another reason of ours has its title: the others are pulled all the same
        return {**told, "result": "refused", "message": str(wrong.fields)[:500]}
    result = "unchanged" if not acted else "created" if before is None else "updated"
    return {**told, "id": made.id, "result": result}


def _known(call: Call, pk: str, title: str) -> int | None:
    """The reason that has this id there, else one of this title that nobody told us an id of."""
    standing = [reason for reason in call.log.reference.all(KIND) if not reason.removed]
    same = [reason for reason in standing if reason.remote_id == pk]
    same += [reason for reason in standing if reason.title == title and reason.remote_id is None]
    return same[0].id if same else None
