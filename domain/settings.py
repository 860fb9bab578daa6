"""Small things that people set and many look up: channels, carriers, denial reasons, scenarios, users, subscriptions.

Each is a record of its own file's shape here, saved whole: one fact for a save, one for a removal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

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
    name: str
    slug: str
    channel_type: str = ""
    conf: Mapping[str, Any] = field(default_factory=dict)
    is_active: bool = True


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
    """`roles` of spec 3.1; `locations` (ids) limit a store user. Passwords and tokens are not events."""

    username: str
    roles: tuple[str, ...]
    locations: tuple[int, ...] = ()
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


@fact("ChannelSaved", on="channel", sentence="Channel {record.name} was saved.")
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


@fact("ScenarioSaved", on="scenario", sentence="Scenario “{record.name}” was saved.")
class ScenarioSaved:
    scenario: int
    record: Scenario


@fact("TransferScenarioSaved", on="transfer_scenario", sentence="Transfer scenario “{record.name}” was saved.")
class TransferScenarioSaved:
    transfer_scenario: int
    record: TransferScenario


@fact("UserSaved", on="user", sentence="User {record.username} was saved.")
class UserSaved:
    user: int
    record: User


@fact("SubscriptionSaved", on="webhook", sentence="A subscription of {record.event_type} was saved.")
class SubscriptionSaved:
    webhook: int
    record: Subscription


@fact("RecordRemoved", on="record", sentence="It was removed.")
class RecordRemoved:
    record: int


# --- evolve and decisions


def _keys(*fields: str) -> Any:
    return lambda state: () if state.removed else tuple(str(getattr(state, f)) for f in fields)


SAVED: dict[type[Record], type[Any]] = {}
"""Record class → its fact."""


def _kind(saved: type[Any], record: type[Record], *keys: str) -> None:
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
    register(Kind(info(saved).on, evolve, reference=True, keys=_keys(*keys)))


_kind(ChannelSaved, Channel, "slug", "name")
_kind(CargoCompanySaved, CargoCompany, "slug", "name")
_kind(DenialReasonSaved, DenialReason, "title")
_kind(ScenarioSaved, Scenario, "name")
_kind(TransferScenarioSaved, TransferScenario, "name")
_kind(UserSaved, User, "username")
_kind(SubscriptionSaved, Subscription)


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
