"""How an installation sets its commands (spec 3.2): own ids and slugs, switched off, calls that belong to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.kernel import COMMANDS, Command, Reference, allowed, fact, find_command
from domain.settings import Record, declare_record

# --- states


@dataclass(frozen=True, slots=True)
class TransitionSetting(Record):
    """`id` is the declared transition id; `number` and `slug` are the installation's own, beside the declared ones.
    `settings` holds what differs from CALLS; `permissions` are needed besides a role."""

    number: int | None = None
    slug: str | None = None
    is_active: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    permissions: tuple[str, ...] = ()


CALLS: Mapping[str, Any] = {
    "sync_remote_order_status": False,
    "remote_invoice_call": None,
    "remote_bill_fulfillment_call": None,
}
"""What may follow a command, and that nothing does while nobody has set it (spec 5)."""


# --- facts


@fact("TransitionSaved", on="transition", sentence="Transition {record.id} was set.")
class TransitionSaved:
    transition: int
    record: TransitionSetting


# --- evolve and looking up


declare_record(TransitionSaved, TransitionSetting, "slug", "number", sparse=True)


def setting_of(reference: Reference, command: Command) -> TransitionSetting:
    """How a command is set; as declared where nobody has set it."""
    found: TransitionSetting | None = reference.one("transition", command.id)
    return found if found is not None else TransitionSetting(command.id)


def named(reference: Reference, object: str, name: str) -> Command | None:
    """A command by its declared slug, alias or id, or by the installation's own slug or id; switched off or not."""
    own = reference.find("transition", name)
    if own is not None:
        return next((c for c in COMMANDS.values() if c.id == own.id and c.object == object), None)
    return find_command(object, name)


def slug_of(reference: Reference, command: Command) -> str:
    """What the installation calls it."""
    return setting_of(reference, command).slug or command.slug


def runnable(reference: Reference, object: str, state: Any) -> list[Command]:
    """The commands that may run from this state and are switched on, in the order of their declared ids."""
    return [command for command in allowed(object, state) if setting_of(reference, command).is_active]


def calls_of(reference: Reference, command: Command, own: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """What follows a command, in the shape of CALLS: by its transition's settings, or by `own` in their place (those of
    a channel, C4)."""
    return {**CALLS, **(setting_of(reference, command).settings if own is None else own)}
