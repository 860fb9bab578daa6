"""What would have to be otherwise for a location to win: changes of a plan's inputs, applied and told (spec 2.6).

A change is of the location (its quota, its stock, …), of the rule (its limit, whom it leaves out), or of the order
(what was refused, until when it was promised). Each says by how much it could be smaller: `unit`, 0 where it is all or
nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios.definition import LocationFilter, Rule
from scenarios.inputs import Case, Frame, Inputs
from scenarios.places import MOST, Place


@dataclass(frozen=True, slots=True)
class Change:
    """`what` of APPLY, `of` which SKU, role, tag, place name, channel or location; `was` and `to` its figure."""

    what: str
    of: str = ""
    was: Any = None
    to: Any = None
    unit: float = 0

    def less(self) -> "Change":
        """One unit less of it."""
        return replace(self, to=_minus(self.to, self.unit))

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "of": self.of, "from": _plain(self.was), "to": _plain(self.to)}


def _minus(to: Any, unit: float) -> Any:
    if isinstance(to, datetime):
        return to - timedelta(minutes=unit)
    return round(to - unit, 3) if isinstance(to, float) else to - int(unit)


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


@dataclass(slots=True)
class Draft:
    """Inputs while they are changed: of the location at `at`, and of rule `index`."""

    frame: Frame
    case: Case
    at: int
    index: int

    def place(self, **fields: Any) -> None:
        rows = list(self.frame.places)
        rows[self.at] = replace(rows[self.at], **fields)
        self.frame = replace(self.frame, places=tuple(rows))

    @property
    def here(self) -> Place:
        return self.frame.places[self.at]

    def where(self, change: Callable[[LocationFilter], dict[str, Any]]) -> None:
        scenario = self.frame.scenario
        rules: list[Rule] = list(scenario.rules)
        where = rules[self.index].locations
        rules[self.index] = replace(rules[self.index], locations=replace(where, **change(where)))
        self.frame = replace(self.frame, scenario=replace(scenario, rules=tuple(rules)))

    def demand(self, **fields: Any) -> None:
        self.case = replace(self.case, demand=replace(self.case.demand, **fields))

    def stock(self, sku: str, pieces: int) -> None:
        rows = dict(self.case.stock)
        rows[sku] = [min(pieces, MOST) if at == self.at else n for at, n in enumerate(rows[sku])]
        self.case = replace(self.case, stock=rows)


def _not_refused(draft: Draft, change: Change) -> None:
    here, refused = draft.here.id, draft.case.demand.refused
    draft.demand(refused=frozenset(row for row in refused if row != (here, change.of)))


def _channel_limit(draft: Draft, change: Change) -> None:
    limits = {**dict(draft.here.channel_limits), change.of: change.to}
    draft.place(channel_limits=tuple(sorted(limits.items())))


APPLY: dict[str, Callable[[Draft, Change], None]] = {
    "is_active": lambda d, _: d.place(is_active=True),
    "closed_until": lambda d, _: d.place(closed=""),
    "role": lambda d, c: d.place(roles=d.here.roles | {c.of}),
    "tag": lambda d, c: d.place(tags=d.here.tags | {c.of}),
    "max_quota": lambda d, c: d.place(max_quota=c.to),
    "max_packages_per_day": lambda d, c: d.place(max_per_day=c.to),
    "channel_limit": _channel_limit,
    "priority": lambda d, c: d.place(priority=c.to),
    "stock": lambda d, c: d.stock(c.of, c.to),
    "locations.include": lambda d, c: d.where(lambda w: {"include": (*w.include, c.of)}),
    "locations.not_excluded": lambda d, c: d.where(lambda w: {"exclude": tuple(x for x in w.exclude if x != c.of)}),
    "locations.exclude": lambda d, c: d.where(lambda w: {"exclude": (*w.exclude, c.of)}),
    "locations.type": lambda d, _: d.where(lambda _w: {"type": None}),
    "locations.near.same": lambda d, c: d.where(lambda w: {"same": tuple(x for x in w.same if x != c.of)}),
    "locations.near.km": lambda d, c: d.where(lambda _w: {"km": c.to}),
    "locations.open_at": lambda d, _: d.where(lambda _w: {"open_at": None}),
    "refusal": _not_refused,
    "retail_store": lambda d, c: d.demand(retail_store=c.to),
    "promised": lambda d, c: d.demand(promised=c.to),
}

TOLD: dict[str, str] = {
    "is_active": "it were active",
    "closed_until": "it were not closed",
    "role": "it were a {of}",
    "tag": "it were tagged {of}",
    "max_quota": "its max_quota were {to} (is {was})",
    "max_packages_per_day": "its max_packages_per_day were {to} (is {was})",
    "channel_limit": "its limit for channel {of} were {to} (is {was})",
    "priority": "its priority were {to} (is {was})",
    "stock": "it had {to} of {of} (has {was})",
    "locations.include": "the rule included it",
    "locations.not_excluded": "the rule did not exclude it",
    "locations.exclude": "{of} were left out",
    "locations.type": "the rule took every type (now {was})",
    "locations.near.same": "the rule did not ask for the same {of}",
    "locations.near.km": "the rule's limit were {to} km (is {was})",
    "locations.open_at": "the rule did not mind opening hours",
    "refusal": "it had not refused {of}",
    "retail_store": "the customer had chosen it",
    "promised": "it were promised until {to} (is {was})",
}


def told(change: Change) -> str:
    """As a part of a sentence: it would have been chosen if …"""
    figures = change.as_json()
    return TOLD[change.what].format(of=change.of.replace("_", " "), was=figures["from"], to=figures["to"])


def changed(inputs: Inputs, at: int, index: int, changes: Iterable[Change]) -> Inputs:
    """The inputs with the changes of the location (ordinal) and the rule; they are planned from, and never kept."""
    draft = Draft(inputs.frame, inputs.case, at, index)
    for change in changes:
        APPLY[change.what](draft, change)
    return Inputs(draft.frame, draft.case, "", b"")
