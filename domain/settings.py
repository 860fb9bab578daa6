"""Small things that people set and many look up: channels, carriers, denial reasons, scenarios, users and their groups,
subscriptions.

Each is a record of its own file's shape here, saved whole: one fact for a save, one for a removal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.changing import replace
from domain.kernel import Evolver, fact, info
from domain.kinds import Kind, register

# --- states


@dataclass(frozen=True, slots=True)
class Record:
    """What all of them have. A removed one stays known to those that name it, with `is_active` off."""

    id: int
    version: int = field(default=0, kw_only=True)
    removed: bool = field(default=False, kw_only=True)
    created: datetime | None = field(default=None, kw_only=True)
    modified: datetime | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Channel(Record):
    """`settings`: what follows C4 for its orders, in the shape of a transition's (domain.transition_settings.CALLS)."""

    name: str
    slug: str
    channel_type: str = ""
    conf: Mapping[str, Any] = field(default_factory=dict)
    is_active: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CargoCompany(Record):
    """`label_required`: a packed package waits in 450 for the carrier's label."""

    name: str
    slug: str
    label_required: bool = False
    conf: Mapping[str, Any] = field(default_factory=dict)
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class DenialReason(Record):
    """`exclude_for` seconds a location that refused is left out for those SKUs."""

    title: str
    remote_id: str | None = None
    priority: int = 0
    is_active: bool = True
    exclude_for: int = 24 * 3600


@dataclass(frozen=True, slots=True)
class CancellationReason(Record):
    """Why pieces are cancelled or sent back, as the order source knows it by `remote_id`."""

    title: str
    remote_id: str | None = None
    priority: int = 0
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Scenario(Record):
    """A distribution scenario as it was written (spec 2.2); each save is a version."""

    name: str
    definition: Mapping[str, Any]
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class TransferScenario(Record):
    """A transfer scenario as it was written (spec 2.4)."""

    name: str
    definition: Mapping[str, Any]
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class User(Record):
    """`roles` of spec 3.1; `locations` (ids) limit a store user; `groups` (ids) give permissions besides the roles.
    Passwords and tokens are not events."""

    username: str
    roles: tuple[str, ...]
    locations: tuple[int, ...] = ()
    is_active: bool = True
    groups: tuple[int, ...] = ()


def is_admin(user: User | None) -> bool:
    """Whether the user may do everything; some user always may."""
    return user is not None and user.is_active and "admin" in user.roles


@dataclass(frozen=True, slots=True)
class PermissionGroup(Record):
    """Permissions by name; a transition may ask for some of them (domain.transition_settings)."""

    name: str
    permissions: tuple[str, ...] = ()
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Subscription(Record):
    """A webhook subscription (spec 4.1). Its secrets are not events: they are kept sealed under its id."""

    user: int
    target_url: str
    event_type: str
    is_active: bool = True
    retry_countdown_config: Mapping[str, Any] | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


# --- facts


def _as_it_was(data: dict[str, Any]) -> dict[str, Any]:
    """To a version with more fields, whose defaults say what held before."""
    return data


@fact("ChannelSaved", on="channel", sentence="Channel {record.name} was saved.", upcasts=(_as_it_was,))
class ChannelSaved:
    channel: int
    record: Channel


@fact("CargoCompanySaved", on="cargo_company", sentence="Carrier {record.name} was saved.")
class CargoCompanySaved:
    cargo_company: int
    record: CargoCompany


@fact("DenialReasonSaved", on="denial_reason", sentence="Denial reason “{record.title}” was saved.")
class DenialReasonSaved:
    denial_reason: int
    record: DenialReason


@fact(
    "CancellationReasonSaved",
    on="cancellation_reason",
    sentence="Cancellation reason “{record.title}” was saved.",
)
class CancellationReasonSaved:
    cancellation_reason: int
    record: CancellationReason


@fact("ScenarioSaved", on="scenario", sentence="Scenario “{record.name}” was saved.")
class ScenarioSaved:
    scenario: int
    record: Scenario


@fact("TransferScenarioSaved", on="transfer_scenario", sentence="Transfer scenario “{record.name}” was saved.")
class TransferScenarioSaved:
    transfer_scenario: int
    record: TransferScenario


@fact("UserSaved", on="user", sentence="User {record.username} was saved.", upcasts=(_as_it_was,))
class UserSaved:
    user: int
    record: User


@fact("PermissionGroupSaved", on="permission_group", sentence="Permission group {record.name} was saved.")
class PermissionGroupSaved:
    permission_group: int
    record: PermissionGroup


@fact("SubscriptionSaved", on="webhook", sentence="A subscription of {record.event_type} was saved.")
class SubscriptionSaved:
    webhook: int
    record: Subscription


@fact("RecordRemoved", on="record", sentence="It was removed.")
class RecordRemoved:
    record: int


# --- evolve and decisions


def keyed_by(*fields: str) -> Any:
    """Keys of a record that stands, from its fields; what is None is no key."""

    def keys(state: Any) -> tuple[str, ...]:
        found = () if state.removed else (getattr(state, name) for name in fields)
        return tuple(str(value) for value in found if value is not None)

    return keys


SAVED: dict[type[Record], type[Any]] = {}
"""Record class → its fact."""


def declare_record(saved: type[Any], record: type[Record], *keys: str, sparse: bool = False) -> None:
    """The kind of a record that is saved whole by the fact `saved`; found by its fields `keys`."""
    evolve = Evolver()

    @evolve.on(saved)
    def _saved(before: Record | None, fact: Any, at: datetime) -> Record:
        version, created = (before.version, before.created) if before else (0, at)
        new: Record = fact.record
        return replace(new, version=version + 1, created=created, modified=at, removed=False)

    @evolve.on(RecordRemoved)
    def _removed(before: Any, _: RecordRemoved, at: datetime) -> Record:
        gone: Record = replace(before, version=before.version + 1, modified=at, removed=True, is_active=False)
        return gone

    SAVED[record] = saved
    register(Kind(info(saved).on, evolve, reference=True, keys=keyed_by(*keys), sparse=sparse))


declare_record(ChannelSaved, Channel, "slug", "name")
declare_record(CargoCompanySaved, CargoCompany, "slug", "name")
declare_record(DenialReasonSaved, DenialReason, "title")
declare_record(CancellationReasonSaved, CancellationReason, "title")
declare_record(ScenarioSaved, Scenario, "name")
declare_record(TransferScenarioSaved, TransferScenario, "name")
declare_record(UserSaved, User, "username")
declare_record(PermissionGroupSaved, PermissionGroup, "name")


def save(before: Record | None, record: Record) -> list[Any]:
    """Saved; the same again gives no facts."""
    if before is not None and not before.removed and _same(before, record):
        return []
    saved = SAVED[type(record)]
    return [saved(**{info(saved).on: record.id, "record": record})]


def remove(before: Record | None) -> list[Any]:
    """Removed; a second time gives no facts."""
    return [] if before is None or before.removed else [RecordRemoved(record=before.id)]


def _same(before: Record, record: Record) -> bool:
    plain: Iterable[Record] = (
        replace(r, version=0, created=None, modified=None, removed=False) for r in (before, record)
    )
    one, other = plain
    return one == other
