"""Where the locations are and how loaded, drawn here: a circle each, its size the quota, its colour the load."""

from collections.abc import Iterable, Mapping
from math import cos, radians, sqrt
from typing import Any

from markupsafe import Markup

_WIDE, _TALL, _EDGE = 640, 640, 24


def location_map(rows: Iterable[Mapping[str, Any]]) -> Markup:
    """SVG; empty where none of the locations says where it is. One degree of longitude is as long as at their middle
    latitude, which is true enough for a country."""
    placed = [(row, *where) for row in rows if (where := _where(row)) is not None]
    if not placed:
        return Markup("")
    south, north = min(lat for _, lat, _ in placed), max(lat for _, lat, _ in placed)
    west, east = min(lon for _, _, lon in placed), max(lon for _, _, lon in placed)
    narrow = cos(radians((south + north) / 2))
    scale = min((_WIDE - 2 * _EDGE) / max((east - west) * narrow, 0.05), (_TALL - 2 * _EDGE) / max(north - south, 0.05))
    tall = round((north - south) * scale) + 2 * _EDGE
    wide = round((east - west) * narrow * scale) + 2 * _EDGE
    biggest = max((row["max_quota"] or 0 for row, _, _ in placed), default=0) or 1
    dots = [
        _dot(row, _EDGE + (lon - west) * narrow * scale, _EDGE + (north - lat) * scale, biggest)
        for row, lat, lon in sorted(placed, key=lambda one: -(one[0]["max_quota"] or 0))
    ]
    return Markup(
        '<svg class="map" viewBox="0 0 {} {}" role="img" aria-label="Map of {} locations; the table says the same">'
        '<rect class="ground" width="100%" height="100%" rx="8"/>{}</svg>'
    ).format(max(wide, 120), max(tall, 120), len(placed), Markup("").join(dots))


def _where(row: Mapping[str, Any]) -> tuple[float, float] | None:
    address = row["address"] or {}
    if address.get("latitude") is None or address.get("longitude") is None:
        return None
    return float(address["latitude"]), float(address["longitude"])


def _dot(row: Mapping[str, Any], x: float, y: float, biggest: int) -> Markup:
    quota, held = row["max_quota"], row["quota"] or 0
    size = 5 + 11 * sqrt((quota or 0) / biggest)
    said = f"{row['erp_code']} {row['name']}: {held} of {quota or 'no'} quota"
    return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>').format(
        tone(row), x, y, size, said
    )


def tone(row: Mapping[str, Any]) -> str:
    """Of a location's load: off, free, busy, full, or none where no quota is set."""
    if not row["is_active"] or row["closed_until"]:
        return "off"
    if not row["max_quota"]:
        return "none"
    load = (row["quota"] or 0) / row["max_quota"]
    return "full" if load >= 1 else "busy" if load >= 0.7 else "free"
