"""A case file (spec 6.1 `audit/export/`): all that is known of one order, in a zip that is read without the system."""

import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
from jinja2 import Environment, FileSystemLoader, Undefined
from psycopg.rows import dict_row

from api.audit_tools import kept_inputs
from api.histories import history
from api.http.audit_rows import PERSONAL, PERSONAL_MARK
from domain.kinds import stream_of
from domain.personal import Personal
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from projections.history import COLLECTIONS
from projections.objects import render
from projections.queries import plan
from scenarios.explain import explain
from webhook_outbox import ledger
from webhook_outbox.caused import caused

TEMPLATES = Path(__file__).parent / "http" / "templates"

STORED = """
select position, at, version, stream, topic, actor, command, command_id::text as command_id, correlation_id,
       causation_id, data, encode(hash, 'hex') as hash
  from log where stream = %s order by version
"""

READ_ME = """Daybook: all that is known of one order. Open index.html in any browser; nothing else is needed.

index.html      the order, its packages and transfers, what happened and why, what was told to whom
states.json     the objects as they are, in the JSON of the API
history.json    every event with its sentence, what it changed field by field, the request that caused it
events.jsonl    the events as they are stored, with the hash of each; what is personal is sealed
webhooks.json   every message, with its attempts and answers
plans.json      every plan and why it is as it is, while its inputs are kept
"""


def case_file(log: EventLog, keyring: Keyring, order: int, *, masked: bool) -> bytes:
    """The zip. `masked`: personal values are left out, and what receivers answered with them."""
    held = log.state(stream_of("order", order))
    reveal = _nobody if masked else keyring.reveal
    things = [("order", order), *((kind, id) for kind, name in COLLECTIONS.items() for id in getattr(held.state, name))]
    states = [{"kind": kind, **(render(kind, id, held.state, log.reference, reveal) or {})} for kind, id in things]
    with log.listening() as connection:
        told = history(log, connection, "order", order, None)["results"]
        webhooks = [one for kind, id in things for one in ledger.of_object(connection, keyring, kind, id)]
        about = [caused(connection, kind, id) for kind, id in things]
        plans = [_plan(log, connection, id) for id in held.state.plans]
        rows = connection.cursor(row_factory=dict_row).execute(STORED, (stream_of("order", order),)).fetchall()
    webhooks.sort(key=lambda one: int(one["id"]))
    if masked:
        webhooks = [_without_people(one) for one in webhooks]
    _join(told, about)
    page = _page().render(
        order=states[0], states=states[1:], history=told, webhooks=webhooks, plans=plans, masked=masked
    )
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as file:
        file.writestr("README.txt", READ_ME)
        file.writestr("index.html", page)
        for name, content in (("states", states), ("history", told), ("webhooks", webhooks), ("plans", plans)):
            file.writestr(f"{name}.json", _json(content, indent=2))
        file.writestr("events.jsonl", "".join(_json(row) + "\n" for row in rows))
    return made.getvalue()


def _plan(log: EventLog, connection: Any, id: int) -> dict[str, Any]:
    shown = plan(connection, id) or {"id": id}
    kept = kept_inputs(log, shown["inputs"]) if "inputs" in shown else None
    return (plan(connection, id, explain(kept)) or shown) if kept is not None else shown


def _join(told: list[dict[str, Any]], about: list[dict[int, list[dict[str, Any]]]]) -> None:
    """The order's history with the webhooks about its packages, transfers and shipments too."""
    for row in told:
        row["webhooks"] = sorted(
            (one for by in about for one in by.get(row["position"], [])), key=lambda one: one["id"]
        )


def _without_people(told: dict[str, Any]) -> dict[str, Any]:
    attempts = [{**one, "response_content": None} for one in told["attempts"]]
    return {
        **told,
        "request_payload": _masked(told["request_payload"]),
        "response_content": None,
        "attempts": attempts,
    }


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: PERSONAL_MARK if name in PERSONAL and inner else _masked(inner) for name, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def _nobody(_: Personal) -> None:
    return None


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(msgspec.to_builtins(value, enc_hook=str), ensure_ascii=False, indent=indent, default=str)


@cache
def _page() -> Any:
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=Undefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("case_file.html")
