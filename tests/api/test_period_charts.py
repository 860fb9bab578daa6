"""Charts of a simulated period: what they say, by their texts and by their sizes."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from api.drawings.period_charts import BUSIEST, SIDES, charts, load_chart, packages_chart
from api.drawings.svg import COLOURS

TITLES = ["Packages per location", "Packages per order, by day"]


def day(text: str, orders: int, *packages: int) -> dict[str, Any]:
    return {"day": text, **{side: {"packages": n, "orders": orders} for side, n in zip(SIDES, packages, strict=True)}}


def place(code: str | None, *packages: int) -> dict[str, Any]:
    return {"erp_code": code, "packages": dict(zip(SIDES, packages, strict=True))}


REPORT = {
    "days": [day("2026-10-01", 4, 4, 6), day("2026-10-02", 4, 8, 4), day("2026-10-04", 4, 5, 5)],
    "locations": [place("WH-01", 40, 20), place("<ST>", 10, 0), place(None, 1, 2)],
}
EMPTY: dict[str, Any] = {"days": [], "locations": []}


def texts(svg: str, tag: str = "text") -> list[str]:
    found = ElementTree.fromstring(svg)  # noqa: S314 - our own
    return ["".join(one.itertext()) for one in found.iter(f"{{http://www.w3.org/2000/svg}}{tag}")]


def marks(svg: str, shape: str, size: str) -> Any:
    """Title → (name of the colour, size), of the marks of this shape."""
    one = rf'<{shape} [^>]*\b{size}="([\d.]+)"[^>]* class="fill-(\w+)"[^>]*><title>([^<]*)</title>'
    return {title: (colour, float(number)) for number, colour, title in re.findall(one, svg)}


def test_each_location_has_bars_as_long_as_its_packages() -> None:
    found = marks(load_chart(REPORT), "rect", "width")
    unit = found["WH-01 really: 40"][1] / 40
    assert unit > 5
    assert found == {
        "WH-01 really: 40": ("really", 40 * unit),
        "WH-01 simulated: 20": ("simulated", pytest.approx(20 * unit)),
        "&lt;ST&gt; really: 10": ("really", pytest.approx(10 * unit)),
        "? really: 1": ("really", pytest.approx(unit)),
        "? simulated: 2": ("simulated", pytest.approx(2 * unit)),
    }


def test_the_busiest_stands_above_and_what_really_was_above_the_simulation() -> None:
    found = marks(load_chart(REPORT), "rect", "y")  # upward
    above = [title.split(":")[0] for title in sorted(found, key=lambda title: -found[title][1])]
    assert above == ["WH-01 really", "WH-01 simulated", "&lt;ST&gt; really", "? really", "? simulated"]


def test_codes_and_figures_are_written_beside_the_bars() -> None:
    said = texts(load_chart(REPORT))
    assert {*TITLES[:1], *SIDES, "WH-01", "<ST>", "?", "40", "20", "10", "0"} <= set(said)
    many = {"locations": [place(f"ST-{n}", 50 - n, 1) for n in range(30)]}
    assert {one for one in texts(load_chart(many)) if "ST-" in one} == {f"ST-{n}" for n in range(BUSIEST)}


def test_a_bar_begins_at_nothing_where_nobody_has_nothing() -> None:
    found = marks(load_chart({"locations": [place("A", 50, 40), place("B", 10, 20)]}), "rect", "width")
    assert found["A really: 50"][1] == pytest.approx(5 * found["B really: 10"][1])


def test_each_day_has_dots_as_high_as_its_packages_per_order() -> None:
    found = marks(packages_chart(REPORT), "circle", "cy")
    ground = 32.0
    unit = (found["2026-10-02 really: 2.000"][1] - ground) / 2
    assert unit > 50
    assert found == {
        f"{title}: {value:.3f}": (title.split()[1], pytest.approx(ground + value * unit))
        for title, value in (
            ("2026-10-01 really", 1),
            ("2026-10-02 really", 2),
            ("2026-10-04 really", 1.25),
            ("2026-10-01 simulated", 1.5),
            ("2026-10-02 simulated", 1),
            ("2026-10-04 simulated", 1.25),
        )
    }


def test_days_stand_as_far_from_each_other_as_they_are() -> None:
    svg = packages_chart(REPORT)
    first, second, fourth = sorted({across for _, across in marks(svg, "circle", "cx").values()})
    assert fourth - second == pytest.approx(2 * (second - first))
    assert {*TITLES[1:], *SIDES, "10-01", "10-04", "0", "1", "2"} <= set(texts(svg))


def test_a_day_alone_a_day_of_nothing_and_no_day_are_drawn() -> None:
    alone = packages_chart({"days": [day("2026-02-28", 0, 0, 0)]})
    assert texts(alone, "title") == ["2026-02-28 really: 0.000", "2026-02-28 simulated: 0.000"]
    assert "02-28" in texts(alone)
    assert [texts(one) for one in charts(EMPTY).values()] == [[title, *SIDES] for title in TITLES]


@pytest.mark.parametrize("report", [REPORT, EMPTY])
def test_a_chart_fits_a_page_under_the_policy(report: dict[str, Any]) -> None:
    """No style from within, nothing that runs, no id that both have, no colour of which the sheet does not know."""
    for title, svg in zip(TITLES, charts(report).values(), strict=True):
        assert svg.startswith("<svg ") and f'role="img" aria-label="{title}">' in svg
        assert not re.search(r"style|script|\bid=|clip|xlink|href|DOCTYPE|rgb\(", svg)
        assert {"fill-ink", "fill-really", "fill-simulated"} <= set(re.findall(r'class="([\w-]+)"', svg))


def test_colours_are_told_apart_as_reportlab_writes_them() -> None:
    assert len({tuple(int(part * 100) for part in one.rgb()) for one in COLOURS.values()}) == len(COLOURS)
