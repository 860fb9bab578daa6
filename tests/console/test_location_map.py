"""The map of locations: each circle leads to its location; what it says stands in words beside it."""

import re
from typing import Any

from api.drawings.location_map import location_map


def place(id: int, latitude: str | None = "53.8", longitude: str | None = "-1.5", **more: Any) -> dict[str, Any]:
    usual = {"erp_code": f"ST-{id:03}", "name": "<York>", "max_quota": 40, "quota": 0, "is_active": True}
    return {"id": id, "address": {"latitude": latitude, "longitude": longitude}, "closed_until": None, **usual, **more}


def test_each_circle_leads_to_its_location() -> None:
    found = location_map([place(1), place(2, "54.0", "-1.1", max_quota=10, quota=8), place(3, "51.5", "-0.1")])
    assert found is not None
    links = re.findall(r'<a href="(/console/locations/\d+/)" tabindex="-1"><circle [^>]*fill-(\w+)"', found.drawing)
    assert sorted(links) == [
        (f"/console/locations/{id}/", tone) for id, tone in ((1, "free"), (2, "busy"), (3, "free"))
    ]
    assert sorted(re.findall(r"<text [^>]*>([\w-]+)<", found.drawing)) == ["ST-001", "ST-002", "ST-003"]
    assert "<title>ST-002 &lt;York&gt;: 8 of 10 quota</title></circle>" in found.drawing
    assert "<York>" not in found.drawing


def test_the_page_s_policy_runs_it() -> None:
    """No style from within, nothing that runs or has a name by which another drawing could be meant."""
    found = location_map([place(1), place(2, "54.0", max_quota=None)])
    assert found is not None and found.drawing.startswith("<svg ") and 'class="map" aria-hidden="true"' in found.drawing
    assert not re.search(r"style|script|\bid=|clip|xlink|target|DOCTYPE|rgb\(", found.drawing)


def test_a_circle_is_as_large_as_the_quota() -> None:
    found = location_map([place(1, max_quota=400), place(2, max_quota=100), place(3, max_quota=None)])
    assert found is not None
    assert re.findall(r' r="([\d.]+)"', found.drawing) == ["16.0", "10.5", "5.0"], "the smallest above the others"


def test_what_it_says_stands_in_words() -> None:
    rows = [
        place(1, quota=40),
        place(2, quota=30),
        place(3),
        place(4, is_active=False),
        place(5, max_quota=None),
        place(6, closed_until="2026-12-01", quota=40),
        place(7, latitude=None),
        {**place(8), "address": None},
    ]
    found = location_map(rows)
    assert found is not None
    assert [(name, n) for name, _, n in found.said] == [("free", 1), ("busy", 1), ("full", 1), ("off", 2), ("none", 1)]
    assert found.unplaced == 2


def test_many_are_not_written_over_each_other() -> None:
    found = location_map([place(id, f"5{id % 5}.0", f"-{id % 7}.0") for id in range(1, 60)])
    assert found is not None and "<text" not in found.drawing and found.drawing.count("<circle") == 59
    assert location_map([place(1, latitude=None)]) is None and location_map([]) is None


def test_the_north_is_above_and_the_east_to_the_right() -> None:
    """Drawn from below, and turned over as a whole."""
    found = location_map([place(1, "50.0", "0.0"), place(2, "55.0", "3.0")])
    assert found is not None
    one = r'locations/(\d)/" tabindex="-1"><circle cx="([\d.]+)" cy="([\d.]+)"'
    at = {id: (float(x), float(y)) for id, x, y in re.findall(one, found.drawing)}
    assert at["1"][0] < at["2"][0] and at["1"][1] < at["2"][1]
    assert '<g transform="translate(0,640) scale(1,-1)">' in found.drawing
