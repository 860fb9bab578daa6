"""Where every command passes: the object, the command, the state it may run from, then its function (spec 1.6, 1.7)."""

from typing import Any, Literal

from domain import declared
from domain.correcting import CORRECT, SLUG
from domain.kernel import Command, Facts, Given, Reference, Refusal
from domain.order import Order
from domain.transition_settings import named, runnable, setting_of, slug_of

__all__ = ["Commanded", "command_of", "decide", "declared"]

Commanded = Literal["package", "transfer"]
"""The kinds of objects that take commands."""


def command_of(kind: Commanded, name: str, reference: Reference) -> Command:
    """The command by slug, alias or numeric transition id, declared or the installation's own; its `input` is the class
    the edge builds. Refuses `unknown_command`, also for one that is switched off here."""
    if name == SLUG:
        return CORRECT[kind]
    row = named(reference, kind, name)
    if row is None:
        raise Refusal("unknown_command", f"There is no {kind} command “{name}”.")
    if not setting_of(reference, row).is_active:
        raise Refusal("unknown_command", f"The {kind} command “{name}” is switched off in this installation.")
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
    row = command_of(kind, name, given.reference)
    if thing.state not in row.source:
        raise _wrong_state(kind, thing, row, given.reference)
    if row.input is not None and not isinstance(given_input, row.input):
        raise TypeError(f"{row.slug} takes a {row.input.__name__}, not {given_input!r}")
    return list(row.function(order, thing, given_input if row.input is not None else None, given))


def _wrong_state(kind: Commanded, thing: Any, row: Command, reference: Reference) -> Refusal:
    sources = ", ".join(_named(state) for state in row.source)
    return Refusal(
        "state_conflict",
        f"{kind.capitalize()} {thing.number} is {_named(thing.state)}; {slug_of(reference, row)} runs from {sources}.",
        state=str(thing.state.value),
        allowed=[slug_of(reference, other) for other in runnable(reference, kind, thing.state)],
    )


def _named(state: Any) -> str:
    """`packed (500)`; transfer states are words of themselves."""
    return f"{state.name} ({state.value})" if isinstance(state.value, int) else str(state.value)
