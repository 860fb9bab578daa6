"""The bodies of `scenarios/simulate` and `scenarios/simulations/`, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.http.plain_json import plain
from scenarios.fields import Errors, Fields

KEYS = (
    "order", "lines", "scenario", "transfer_scenarios", "position", "at", "stock", "quota", "why_not",
)  # fmt: skip
PERIOD_KEYS = ("from", "to", "scenario", "transfer_scenarios")
WHICH = "Must be an id, {id, version}, or a draft with its rules."
LINES = ("open", "all")


@dataclass(frozen=True, slots=True)
class Wanted:
    """`order`: an id, or `body` of a made-up one; `lines`: `open` plans what waits, `all` the whole order anew (None:
    what waits, or all where nothing does); `scenario` a draft or {id, version}, None: the active ones;
    `transfer_scenarios` the same, as a list; `position` or `at`: then, neither: now."""

    order: int | None
    body: Mapping[str, Any] | None
    lines: str | None
    scenario: Mapping[str, Any] | None
    transfer_scenarios: list[Mapping[str, Any]] | None
    position: int | None
    at: datetime | None
    stock: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    quota: Mapping[str, int] = field(default_factory=dict)
    why_not: str | None = None


def read(body: Mapping[str, Any]) -> Wanted:
    """Raises Refusal `invalid` with each wrong field."""
    errors = Errors()
    top = Fields(body, "", errors, KEYS)
    order, made_up = _order(top)
    one, transfers = _scenarios(top)
    position, at = top.whole("position", least=0), _moment(top, "at")
    if position is not None and at is not None:
        top.wrong("at", "Either a position or a time.")
    wanted = Wanted(
        order=order,
        body=made_up,
        lines=top.choice("lines", LINES, "") or None,
        scenario=one,
        transfer_scenarios=transfers,
        position=position,
        at=at,
        stock={sku: _figures(top.child("stock"), sku) for sku in top.child("stock").data},
        quota=_figures(top, "quota"),
        why_not=top.text("why_not") or None,
    )
    if errors.found:
        raise errors.refusal()
    return wanted


@dataclass(frozen=True, slots=True)
class Period:
    """Orders first planned from `begin` on and before `end`; `scenario` and `transfer_scenarios` as of Wanted, None: as
    it was."""

    begin: datetime
    end: datetime
    scenario: Mapping[str, Any] | None
    transfer_scenarios: list[Mapping[str, Any]] | None


def read_period(body: Mapping[str, Any]) -> Period:
    """Raises Refusal `invalid` with each wrong field."""
    errors = Errors()
    top = Fields(body, "", errors, PERIOD_KEYS)
    begin, end = _moment(top, "from"), _moment(top, "to")
    for key, said in (("from", begin), ("to", end)):
        if said is None:
            top.wrong(key, "Required, as 2026-11-01T00:00:00Z.")
    one, transfers = _scenarios(top)
    if begin is not None and end is not None and begin >= end:
        top.wrong("to", "Must be after `from`.")
    if errors.found or begin is None or end is None:
        raise errors.refusal()
    return Period(begin, end, one, transfers)


def _scenarios(top: Fields) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any]] | None]:
    one = _scenario(top, top.data.get("scenario"), "scenario")
    several = top.data.get("transfer_scenarios")
    if several is not None and not isinstance(several, list):
        top.wrong("transfer_scenarios", "Must be a list.")
        several = None
    if several is None:
        return one, None
    found = []
    for n, said in enumerate(several):
        found.append(_scenario(top, said, key := f"transfer_scenarios[{n}]") or {})
        if said is None:
            top.wrong(key, WHICH)
    return one, found


def _order(top: Fields) -> tuple[int | None, Mapping[str, Any] | None]:
    said = top.data.get("order")
    if isinstance(said, Mapping):
        if "items" in said:
            return None, said
        said = said.get("id")
    if isinstance(said, bool) or not isinstance(said, int) or not 0 < said < 2**31:
        top.wrong("order", "Required: the id of an order, or an order with its items.")
        return None, None
    return said, None


def _scenario(top: Fields, said: Any, key: str) -> Mapping[str, Any] | None:
    if said is None:
        return None
    if isinstance(said, int) and not isinstance(said, bool):
        said = {"id": said}
    if not isinstance(said, Mapping):
        top.wrong(key, WHICH)
        return None
    if "rules" in said:
        found: Mapping[str, Any] = plain(said)
        return found
    one = Fields(said, key, top.errors, ("id", "version"))
    if one.whole("id", least=1) is None:
        one.wrong("id", "Required, or `rules` of a draft.")
    one.whole("version", least=1)
    return {name: value for name, value in said.items() if value is not None}


def _figures(top: Fields, key: str) -> dict[str, int]:
    rows = top.child(key)
    found = {name: rows.whole(name, least=0) for name in rows.data}
    return {name: n for name, n in found.items() if n is not None}


def _moment(top: Fields, key: str) -> datetime | None:
    text = top.text(key)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        top.wrong(key, "Must be a time with its zone, as 2026-11-23T10:00:00Z.")
        return None
    return found
