"""The `commands` of an object: what its state allows now (spec 3.2), from the declarations."""

from enum import Enum
from functools import cache
from typing import Any

import msgspec

from domain.kernel import Command, allowed


@cache
def input_schema(command: Command) -> dict[str, Any] | None:
    """JSON Schema of the command's input; None where it takes none. Shared, not to be changed."""
    return None if command.input is None else msgspec.json.schema(command.input)


@cache
def command_list(kind: str, state: Enum) -> list[dict[str, Any]]:
    """`[{transition, slug, name, input_schema}]` in the order of their ids. Shared, not to be changed."""
    return [
        {"transition": c.id, "slug": c.slug, "name": c.button, "input_schema": input_schema(c)}
        for c in allowed(kind, state)
    ]
