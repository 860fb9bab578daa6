"""The `commands` of an object: what its state allows now (spec 3.2), from the declarations."""

from enum import Enum
from functools import cache
from typing import Any

import msgspec

from domain.kernel import Command, Reference, allowed
from domain.transition_settings import setting_of


@cache
def input_schema(command: Command) -> dict[str, Any] | None:
    """JSON Schema of the command's input; None where it takes none. Shared, not to be changed."""
    return None if command.input is None else msgspec.json.schema(command.input)


@cache
def _as_declared(kind: str, state: Enum) -> tuple[tuple[Command, ...], list[dict[str, Any]]]:
    commands = tuple(allowed(kind, state))
    return commands, [_row(command, command.id, command.slug) for command in commands]


def _row(command: Command, id: int, slug: str) -> dict[str, Any]:
    return {"transition": id, "slug": slug, "name": command.button, "input_schema": input_schema(command)}


def command_list(kind: str, state: Enum, reference: Reference) -> list[dict[str, Any]]:
    """`[{transition, slug, name, input_schema}]` in the order of their ids, by the installation's own ids and slugs;
    what is switched off is left out. Shared, not to be changed."""
    commands, rows = _as_declared(kind, state)
    if all(reference.one("transition", command.id) is None for command in commands):
        return rows
    settings = ((command, setting_of(reference, command)) for command in commands)
    return [_row(c, own.number or c.id, own.slug or c.slug) for c, own in settings if own.is_active]
