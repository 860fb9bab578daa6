"""`oms docs`: docs/commands.md, docs/states.md and docs/webhook-events.md, made from the declarations; `--check` says
when one of them is stale."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from api.settings import Settings
from domain import declared
from domain.kernel import COMMANDS, Command
from domain.states import (
    RESERVES,
    SLOT,
    TURKISH,
    OrderStatus,
    PackageStatus,
    ShipmentStatus,
    TransferStatus,
    item_status_in,
)
from domain.transitions import BORN, transitions
from projections.objects.allowed import input_schema
from webhook_outbox.registry import registry

DOCS = Path(__file__).parent.parent / "docs"
MADE = "*Made by `oms docs` from the declarations; what is written here by hand is lost.*"

_KINDS: dict[str, tuple[str, type[Enum], str]] = {
    "package": ("Packages", PackageStatus, "POST /api/v1/oms/packages/{id}/command/"),
    "transfer": ("Transfer orders", TransferStatus, "POST /api/v1/oms/transfer_orders/{id}/command/"),
    "shipment": ("Shipments", ShipmentStatus, ""),
}


def docs(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Writes the files, or with `check` only compares them; 1 where one is stale."""
    stale = [name for name, text in files().items() if not _same(DOCS / name, text)]
    if arguments.check:
        for name in stale:
            sys.stderr.write(f"docs/{name} is stale: make docs\n")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(files()[name])
        sys.stdout.write(f"docs/{name}\n")
    return 0


def files() -> dict[str, str]:
    """Name below docs/ → what it says."""
    assert declared.order  # noqa: S101 - imported, so that everything is declared
    return {"commands.md": _commands(), "states.md": _states(), "webhook-events.md": _events()}


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


# --- commands


def _commands() -> str:
    parts = [
        "# Commands",
        MADE,
        "A command is named by its slug, its numeric id, an alias, or the slug or id that an installation gave it "
        "(`transitions/`). Inputs stand at the top of the body, or inside `input_parameters`; fields that are not "
        "known are ignored. `?dry_run=true` shows what would be written; `If-Match` and `Idempotency-Key` are kept.",
    ]
    for kind, (title, _, path) in _KINDS.items():
        rows = sorted((c for c in COMMANDS.values() if c.object == kind), key=lambda c: c.id)
        if rows:
            parts += [f"## {title}", f"`{path}`", *(_command(row) for row in rows)]
    return "\n\n".join(parts) + "\n"


def _command(row: Command) -> str:
    target = "unchanged, or as the command decides" if row.target is None else _state(row.target)
    lines = [
        f"### `{row.slug}`",
        "",
        row.sentence,
        "",
        f"- id {row.id}, button “{row.button}”" + "".join(f", alias `{alias}`" for alias in row.aliases),
        f"- from {', '.join(_state(state) for state in row.source)}",
        f"- to {target}",
    ]
    schema = input_schema(row)
    if schema is not None:
        lines += ["", *_fields(schema)]
    return "\n".join(lines)


def _state(state: Any) -> str:
    return f"{state.name} ({state.value})" if isinstance(state.value, int) else str(state.value)


def _fields(schema: Mapping[str, Any]) -> list[str]:
    """The input as a table, and one for each object inside it."""
    known: Mapping[str, Any] = schema["$defs"]
    lines: list[str] = []
    for name, said in known.items():
        if name != schema["$ref"].rpartition("/")[2]:
            lines += ["", f"`{name}`:", ""]
        if said.get("description"):
            lines += [said["description"].replace("\n", " "), ""]
        lines += ["| field | type | default |", "|---|---|---|"]
        required = said.get("required", ())
        for field, what in said["properties"].items():
            default = "required" if field in required else f"`{_default(what.get('default'))}`"
            lines.append(f"| `{field}` | {_type(what)} | {default} |")
    return lines


def _default(value: Any) -> str:
    return "[]" if isinstance(value, list | tuple) else json.dumps(value)


def _type(said: Mapping[str, Any]) -> str:
    if "$ref" in said:
        return f"`{said['$ref'].rpartition('/')[2]}`"
    if "anyOf" in said:
        return " or ".join(_type(one) for one in said["anyOf"])
    if "enum" in said:
        return ", ".join(f"`{one}`" for one in said["enum"])
    if said.get("type") == "array":
        return f"list of {_type(said.get('items', {}))}"
    return str(said.get("type", "any"))


# --- states


def _states() -> str:
    parts = [
        "# States",
        MADE,
        "An arrow with a name is a command ([commands.md](commands.md)); one without is automatic, or by its input.",
    ]
    for kind, (title, states, _) in _KINDS.items():
        parts += [f"## {title}", _diagram(kind), _names(kind, states)]
    follows = ["| package | order item |", "|---|---|"]
    follows += [f"| {_state(state)} | {_state(item_status_in(state))} |" for state in PackageStatus]
    parts += ["## Orders and order items", _names("order", OrderStatus), "An item follows its packages:"]
    return "\n\n".join([*parts, "\n".join(follows)]) + "\n"


def _diagram(kind: str) -> str:
    """A Mermaid state diagram: the rows by which states are reached, each with the commands that lead there."""
    named: dict[tuple[Any, Any], list[str]] = {pair: [] for pair in transitions(kind)}
    for row in COMMANDS.values():
        if row.object == kind and row.target is not None:
            for source in row.source:
                named[source, row.target].append(row.slug)
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state.name}" for state in _ordered(kind, BORN[kind])]
    order = {state: n for n, state in enumerate(_KINDS[kind][1])}
    for (source, target), slugs in sorted(named.items(), key=lambda item: (order[item[0][0]], order[item[0][1]])):
        if source is not target:
            lines.append(f"    {source.name} --> {target.name}" + (f": {', '.join(slugs)}" if slugs else ""))
    return "\n".join([*lines, "```"])


def _ordered(kind: str, states: Iterable[Any]) -> list[Any]:
    return [state for state in _KINDS[kind][1] if state in states]


def _names(kind: str, states: type[Enum]) -> str:
    turkish: Any = TURKISH[states.__name__]
    package = kind == "package"
    lines = ["| value | name | Turkish |" + (" reserves | quota slot |" if package else "")]
    lines.append("|---|---|---|" + ("---|---|" if package else ""))
    for state in states:
        row = f"| {state.value} | {state.name} | {turkish[state.value]} |"
        lines.append(row + (f" {_yes(state in RESERVES)} | {_yes(state in SLOT)} |" if package else ""))
    return "\n".join(lines)


def _yes(said: bool) -> str:
    return "yes" if said else ""


# --- webhooks


def _events() -> str:
    rows = ["| event | payload | |", "|---|---|---|"]
    for one in registry():
        payload = one["payload_schema"]["$ref"].rpartition("/")[2]
        rows.append(f"| `{one['event_type']}` | {payload} | {one['description']} |")
    said = (
        "Subscribe to a name, or to a prefix with `*`; how they are sent, signed and repeated is in "
        "[webhooks.md](webhooks.md). Payloads are the objects of `/api/v1/oms/openapi.json`."
    )
    return "\n\n".join(["# Webhook events", MADE, said, "\n".join(rows)]) + "\n"
