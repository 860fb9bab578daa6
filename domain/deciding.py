"""Where every command passes: the object, the command, the state it may run from, then its function (spec 1.6, 1.7)."""

from typing import Any, Literal

from domain import declared
from domain.kernel import Command, Facts, Given, Refusal, allowed, find_command
from domain.order import Order

__all__ = ["Commanded", "command_of", "decide", "declared"]

Commanded = Literal["package", "transfer"]
"""The kinds of objects that take commands."""


def command_of(kind: Commanded, name: str) -> Command:
    """The command by slug, alias or numeric transition id; its `input` is the class the edge builds. Refuses
    `unknown_command`."""
    row = find_command(kind, name)
    if row is None:
        raise Refusal("unknown_command", f"There is no {kind} command “{name}”.")
    return row


def decide(order: Order | None, kind: Commanded, id: int, name: str, given_input: Any, given: Given) -> Facts:
    """The facts of one command on one package or transfer of the order; `given_input` is an instance of the command's
    `input`, None where it has none. Refuses `not_found`, `unknown_command`, `state_conflict` (with `state` and
    `allowed`), and whatever the command's function refuses; then nothing is written."""
    thing: Any = None
    if order is not None:
        thing = order.packages.get(id) if kind == "package" else order.transfers.get(id)
    if order is None or thing is None:
        raise Refusal("not_found", f"There is no {kind} {id}.")
    row = command_of(kind, name)
    if thing.state not in row.source:
        raise _wrong_state(kind, thing, row)
    if row.input is not None and not isinstance(given_input, row.input):
        raise TypeError(f"{row.slug} takes a {row.input.__name__}, not {given_input!r}")
    return list(row.function(order, thing, given_input if row.input is not None else None, given))


def _wrong_state(kind: Commanded, thing: Any, row: Command) -> Refusal:
    sources = ", ".join(_named(state) for state in row.source)
    return Refusal(
        "state_conflict",
        f"{kind.capitalize()} {thing.number} is {_named(thing.state)}; {row.slug} runs from {sources}.",
        state=str(thing.state.value),
        allowed=[other.slug for other in allowed(kind, thing.state)],
    )


def _named(state: Any) -> str:
    """`packed (500)`; transfer states are words of themselves."""
    return f"{state.name} ({state.value})" if isinstance(state.value, int) else str(state.value)
