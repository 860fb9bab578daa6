"""Where the locations are and how loaded: a circle each, its size the quota, its colour the load, a link to its page.
In words beside it stand the counts; the table has every location as a link, so that the keyboard and who does not see
the map go by that."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sqrt
from typing import Any, Literal

from markupsafe import Markup
from reportlab.graphics.shapes import Circle, Drawing, Rect, String

from api.drawings.svg import filled, svg, titled

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
    wide, tall = (max(round(far * scale) + 2 * _EDGE, 120) for far in ((east - west) * narrow, north - south))
    biggest = max((row["max_quota"] or 0 for row, _, _ in placed), default=0) or 1
    drawing = Drawing(wide, tall)
    drawing.add(Rect(0, 0, wide, tall, 8, 8, **filled("ground")))
    for row, lat, lon in sorted(placed, key=lambda one: -(one[0]["max_quota"] or 0)):
        x, y = (round(_EDGE + far * scale, 1) for far in ((lon - west) * narrow, lat - south))
        size = round(5 + 11 * sqrt((row["max_quota"] or 0) / biggest), 1)
        drawing.add(_linked(row, Circle(x, y, size, **filled(tone(row), "edge"))))
        if len(placed) <= _NAMED:
            drawing.add(_linked(row, _code(row, x, y - 4, size + 4, wide)))
    counts = Counter(tone(row) for row, _, _ in placed)
    said = [(name, words, counts[name]) for name, words in TONES.items() if counts[name]]
    shown = svg(drawing, **{"class": "map", "aria-hidden": "true", "focusable": "false"})
    return LocationMap(Markup(shown), said, len(rows) - len(placed))  # noqa: S704 - its texts are escaped


def _where(row: Mapping[str, Any]) -> tuple[float, float] | None:
    address = row["address"] or {}
    if address.get("latitude") is None or address.get("longitude") is None:
        return None
    return float(address["latitude"]), float(address["longitude"])


def _linked(row: Mapping[str, Any], shape: Any) -> Any:
    said = f"{row['erp_code']} {row['name']}: {row['quota'] or 0} of {row['max_quota'] or 'no'} quota"
    return titled(shape, said, f"/console/locations/{row['id']}/")


def _code(row: Mapping[str, Any], x: float, y: float, away: float, wide: int) -> String:
    """Towards the middle of the map, where there is room."""
    east = x < wide / 2
    anchor: Literal["start", "end"] = "start" if east else "end"
    return String(x + (away if east else -away), y, row["erp_code"], textAnchor=anchor, fontSize=13, **filled("ink"))


def tone(row: Mapping[str, Any]) -> str:
    """Of a location's load: off, free, busy, full, or none where no quota is set."""
    if not row["is_active"] or row["closed_until"]:
        return "off"
    if not row["max_quota"]:
        return "none"
    load = (row["quota"] or 0) / row["max_quota"]
    return "full" if load >= 1 else "busy" if load >= 0.7 else "free"
