"""A retail store as the order source says it: a stock location registered, or changed where that is news (spec 5)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from api.http.location_schema import LocationBody, of_profile
from api.http.plain_json import plain
from api.http.routes import Call
from api.http.saving import Saved, save
from api.http.source_shapes import moment_of, store_body, store_extra
from domain import location
from domain.location import Location, Profile

WHOLE, PART = LocationBody(), LocationBody(partial=True)

KEPT = "order_source"
"""In the `conf` of a location: what its source says besides, and as of when (`modified_date`)."""


def hear_store(
    call: Call, payload: Mapping[str, Any], event: Mapping[str, Any], *, asked: bool = False
) -> tuple[Saved, bool]:
    """Registers the store, or changes what the source says of it; all else of a location is ours and stays; and whether
    anything was written. `asked`: it was asked for and is the source's newest. Raises what api.http.errors answers."""
    modified = moment_of(payload, event)
    body = store_body(payload)
    code = str(body.get("erp_code") or "")
    call.log.reference.refresh()
    found: Location | None = call.log.reference.find("location", code) if code else None
    said = of_profile((WHOLE if found is None else PART).load(body))
    if found is None:
        said = {name: value for name, value in said.items() if name in body} | {"address": said["address"]}
    kept = {KEPT: {**plain(store_extra(payload)), "modified_date": modified.isoformat()}}

    acted = False

    def decided(before: Location | None, id: int) -> list[Any]:
        nonlocal acted
        facts: list[Any] = []
        if before is None:
            facts = location.save(None, id, Profile(**said, conf=kept))
        elif _is_news(before, modified, asked):
            facts = location.save(before, id, replace(before.profile, **said, conf={**before.profile.conf, **kept}))
        acted = bool(facts)
        return facts

    id = None if found is None else found.id
    return save(call, "location", decided, command="hear-store", names=("erp_code",), id=id, said=said), acted


def _is_news(before: Location, modified: datetime, asked: bool) -> bool:
    heard = _heard(before)
    return heard is None or modified > heard or (asked and modified == heard)


def _heard(before: Location) -> datetime | None:
    known = before.profile.conf.get(KEPT)
    told = known.get("modified_date") if isinstance(known, Mapping) else None
    return datetime.fromisoformat(told).astimezone(UTC) if isinstance(told, str) else None
