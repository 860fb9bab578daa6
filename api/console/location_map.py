"""Where the locations are and how loaded, drawn here: a circle each, its size the quota, its colour the load, a link to
its page. In words beside it stand the counts; the table has every location as a link, so that the keyboard and who does
not see the map go by that."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import Any

from markupsafe import Markup

_WIDE, _TALL, _EDGE = 640, 640, 24
_NAMED = 12
"""So few locations have their codes written beside them."""

TONES = {"free": "below 70 %", "busy": "70 % and more", "full": "full", "off": "closed or off", "none": "no quota"}
"""What a circle's colour says of the load, in the order of the legend."""


@dataclass(frozen=True)
class LocationMap:
    """`drawing`: SVG; `said`: the same in words, [(tone, what it says, how many)]; `unplaced`: locations that say
    nowhere where they are."""

    drawing: Markup
    said: Sequence[tuple[str, str, int]]
    unplaced: int


def location_map(rows: Sequence[Mapping[str, Any]]) -> LocationMap | None:
    """None where none of the locations says where it is. One degree of longitude is as long as at their middle
    latitude, which is true enough for a country."""
    placed = [(row, *where) for row in rows if (where := _where(row)) is not None]
    if not placed:
        return None
    south, north = min(lat for _, lat, _ in placed), max(lat for _, lat, _ in placed)
    west, east = min(lon for _, _, lon in placed), max(lon for _, _, lon in placed)
    narrow = cos(radians((south + north) / 2))
    scale = min((_WIDE - 2 * _EDGE) / max((east - west) * narrow, 0.05), (_TALL - 2 * _EDGE) / max(north - south, 0.05))
    tall = round((north - south) * scale) + 2 * _EDGE
    wide = round((east - west) * narrow * scale) + 2 * _EDGE
    biggest = max((row["max_quota"] or 0 for row, _, _ in placed), default=0) or 1
    named = wide if len(placed) <= _NAMED else None
    dots = [
        _dot(row, _EDGE + (lon - west) * narrow * scale, _EDGE + (north - lat) * scale, biggest, named)
        for row, lat, lon in sorted(placed, key=lambda one: -(one[0]["max_quota"] or 0))
    ]
    drawing = Markup(
        '<svg class="map" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">'
        '<rect class="ground" width="100%" height="100%" rx="8"/>{}</svg>'
    ).format(max(wide, 120), max(tall, 120), Markup("").join(dots))
    counts = Counter(tone(row) for row, _, _ in placed)
    said = [(name, words, counts[name]) for name, words in TONES.items() if counts[name]]
    return LocationMap(drawing, said, len(rows) - len(placed))


def _where(row: Mapping[str, Any]) -> tuple[float, float] | None:
    address = row["address"] or {}
    if address.get("latitude") is None or address.get("longitude") is None:
        return None
    return float(address["latitude"]), float(address["longitude"])


def _dot(row: Mapping[str, Any], x: float, y: float, biggest: int, wide: int | None) -> Markup:
    """`wide`: of the map, where the code is written beside it."""
    quota, held = row["max_quota"], row["quota"] or 0
    size = 5 + 11 * sqrt((quota or 0) / biggest)
    said = f"{row['erp_code']} {row['name']}: {held} of {quota or 'no'} quota"
    return Markup(
        '<a href="/console/locations/{}/" tabindex="-1">'
        '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>{}</a>'
    ).format(row["id"], tone(row), x, y, size, said, "" if wide is None else _code(row, x, y, size + 4, wide))


def _code(row: Mapping[str, Any], x: float, y: float, away: float, wide: int) -> Markup:
    """Towards the middle of the map, where there is room."""
    side, anchor = (away, "start") if x < wide / 2 else (-away, "end")
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x + side, y + 4, anchor, row["erp_code"]
    )


def tone(row: Mapping[str, Any]) -> str:
    """Of a location's load: off, free, busy, full, or none where no quota is set."""
    if not row["is_active"] or row["closed_until"]:
        return "off"
    if not row["max_quota"]:
        return "none"
    load = (row["quota"] or 0) / row["max_quota"]
    return "full" if load >= 1 else "busy" if load >= 0.7 else "free"
