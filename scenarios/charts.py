"""Charts of a simulated period as SVG, without a library: load per location, and packages per order day by day."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, LEFT, ROW = 760, 150, 26
REALLY, SIMULATED = "#7a8794", "#1f6feb"
BUSIEST = 20
STYLE = "font-family: system-ui, sans-serif; font-size: 13px; fill: #24292f"


def charts(report: Mapping[str, Any]) -> dict[str, str]:
    """Name of the file → SVG."""
    return {"load.svg": load_chart(report), "packages.svg": packages_chart(report)}


def load_chart(report: Mapping[str, Any]) -> str:
    """Packages each of the busiest locations was given, really and in the simulation."""
    rows = report["locations"][:BUSIEST]
    most = max([max(row["packages"].values()) for row in rows], default=0) or 1
    parts = []
    for n, row in enumerate(rows):
        top = 64 + n * (ROW + 8)
        parts.append(_text(LEFT - 8, top + 17, row["erp_code"] or "?", "end"))
        for half, side in enumerate(("really", "simulated")):
            wide = row["packages"][side] / most * (WIDTH - LEFT - 60)
            color = REALLY if side == "really" else SIMULATED
            y = top + half * ROW / 2
            parts.append(_bar(LEFT, y, wide, ROW / 2 - 1, color, f"{row['erp_code']} {side}: {row['packages'][side]}"))
            parts.append(_text(LEFT + wide + 5, y + 11, str(row["packages"][side]), size=10))
    height = 64 + max(1, len(rows)) * (ROW + 8) + 8
    return _svg("Packages per location", height, parts)


def packages_chart(report: Mapping[str, Any]) -> str:
    """Packages per order, by the day on which orders were first planned."""
    days = report["days"]
    values = {
        side: [_share(day[side]["packages"], day[side]["orders"]) for day in days] for side in ("really", "simulated")
    }
    top = max([one for side in values.values() for one in side], default=1.0) * 1.1 or 1.0
    height, bottom = 320, 270
    wide = WIDTH - LEFT - 40
    parts = []
    for n in range(5):
        y = bottom - n * (bottom - 64) / 4
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 40}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d7de"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{top * n / 4:.2f}", "end"))
    for side, color in (("really", REALLY), ("simulated", SIMULATED)):
        points = [
            (LEFT + wide * (n + 0.5) / max(1, len(days)), bottom - value / top * (bottom - 64))
            for n, value in enumerate(values[side])
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        for (x, y), day, value in zip(points, days, values[side], strict=True):
            title = f"<title>{escape(day['day'])} {side}: {value:.3f}</title>"
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}">{title}</circle>')
    for n in _ticks(len(days)):
        parts.append(_text(LEFT + wide * (n + 0.5) / len(days), bottom + 20, days[n]["day"][5:], "middle"))
    return _svg("Packages per order, by day", height, parts)


def _share(packages: int, orders: int) -> float:
    return packages / orders if orders else 0.0


def _ticks(days: int) -> Sequence[int]:
    return range(0, days, max(1, days // 8)) if days else ()


def _bar(x: float, y: float, wide: float, high: float, color: str, title: str) -> str:
    size = f'x="{x}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
    return f'<rect {size} fill="{color}"><title>{escape(title)}</title></rect>'


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 13) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} style="{STYLE.replace("13px", f"{size}px")}">{escape(text)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    legend = [
        _text(LEFT, 24, title, size=16),
        _bar(LEFT, 36, 12, 12, REALLY, "really"),
        _text(LEFT + 18, 47, "really"),
        _bar(LEFT + 90, 36, 12, 12, SIMULATED, "simulated"),
        _text(LEFT + 108, 47, "simulated"),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img" aria-label="{escape(title)}">'
    )
    return "\n".join([head, *legend, *parts, "</svg>", ""])
