"""The explanation as support reads it (spec 2.6)."""

import zlib

import msgspec
import pytest

from scenarios.explain import explain, recheck
from scenarios.inputs import Frame, frame_of, keep, unpack
from scenarios.places import Place
from scenarios.plan import plan
from scenarios.planned import plan_bytes
from tests.scenarios.worlds import LEEDS, LONDON, YORK, demand, scenario, transfers, world

PLACES = [
    Place(1, "ST-014", address=LEEDS, max_quota=40),
    Place(2, "ST-020", address=YORK, max_quota=40),
    Place(3, "ST-030", address=LONDON, max_quota=40),
    Place(4, "WH-01", type="warehouse", address=YORK, max_quota=40),
]
NEAREST = {"order_by": [{"by": "distance"}]}


def told(wanted, seen, *rules, by=()):
    frame = Frame(seen.places.rows, scenario(*rules), by)
    return explain(keep(wanted, seen, frame, "2026-11-23T10:00:00Z"))


def test_the_sentence_of_the_specification():
    stock = {place.erp_code: {"x": 9, "y": 9, "z": 9, "w": 9} for place in PLACES}
    seen = world(stock, PLACES)
    seen.slots(4, 40)
    rule = {"locations": {"select_by": ["SELECT_BY_QUOTA"]}, "coverage": "whole_order", **NEAREST}
    said = told(demand({"x": 1, "y": 1, "z": 1, "w": 1}, destination=LEEDS), seen, rule)
    assert said["sentences"] == [
        "Package P1 at ST-014: nearest of 3 stores that have all 4 items; WH-01 was left out: no free quota (40 of 40)"
    ]
    assert said["rules"][0]["chosen"] == ["ST-014"]
    assert said["rules"][0]["candidates"][0] == {"location": "ST-014", "sort_key": {"distance": 0.0}, "rank": 1}
    assert said["rules"][0]["candidates"][-1] == {"location": "WH-01", "removed_by": "no free quota (40 of 40)"}
    assert said["stock"]["x"] == {place.erp_code: 9 for place in PLACES}
    assert (said["scenario"]["version"], said["asked_at"]) == (3, "2026-11-23T10:00:00Z")


def test_one_item_is_not_counted():
    said = told(demand({"x": 1}, destination=LEEDS), world({"ST-020": {"x": 1}}, PLACES), NEAREST)
    assert said["sentences"][0].startswith("Package P1 at ST-020: the only store that has the item; ")


def test_stock_reservations_and_safety_stock_are_told_apart():
    """Known 9, of which 4 are reserved and 2 never planned; all of it safety stock; more reserved than there is."""
    places = [Place(1, "A", safety_stock=2), Place(2, "B", safety_stock=5), Place(3, "C"), Place(4, "D")]
    seen = world({"A": {"x": 9}, "B": {"x": 4}, "C": {"x": 1}, "D": {}}, places)
    seen.reserve(1, "x", 4)
    seen.reserve(3, "x", 3)
    said = told(demand({"x": 1}), seen, {})
    figures = {code: tuple(row.values()) for code, row in said["stock_apart"]["x"].items()}
    assert figures == {"A": (9, 4, 2, 3), "B": (4, 0, 5, 0), "C": (1, 3, 0, 0)}
    assert said["stock"] == {"x": {"A": 3}}


def test_split_packages_open_lines_and_those_passed_over():
    seen = world({"ST-014": {}, "ST-020": {"x": 1}, "ST-030": {"x": 5, "y": 1}, "WH-01": {}}, PLACES)
    rule = {"locations": {"type": "store"}, "coverage": "whole_order", **NEAREST}
    split = {"coverage": "split_lines", "strategy": "fewest_packages", **NEAREST}
    said = told(demand({"x": 2, "y": 1}, destination=LEEDS), seen, rule)
    assert said["sentences"] == [
        "Package P1 at ST-030: the only store that has all 2 items; ST-014 stands before it but has none of them; "
        "ST-020 stands before it but lacks x and 1 more; WH-01 was left out: a warehouse, not a store"
    ]
    said = told(demand({"x": 6, "y": 1, "q": 2}, destination=LEEDS), seen, rule, split)
    assert [one["chosen"] for one in said["rules"]] == [[], ["ST-020", "ST-030"]]
    assert said["rules"][1]["open"] == [{"line": 3, "quantity": 2}]
    assert said["sentences"] == [
        "Package P1 at ST-020: 1 piece for 1 of the 3 items wanted, of the fewest that together have them (rank 2 of 4)"
        "; ST-014 stands before it but has none of them",
        "Package P2 at ST-030: 6 pieces for 2 of the 3 items wanted, of the fewest that together have them (rank 4 "
        "of 4); ST-014 stands before it but has none of them; WH-01 stands before it but has none of them",
        "2 pieces of q (line 3) waits at A: out of stock",
    ]


def test_transfers_are_told():
    seen = world({"ST-014": {"x": 1}, "ST-020": {"y": 2}}, PLACES)
    rule = {"coverage": "whole_order", "transferable": True, **NEAREST}
    said = told(demand({"x": 1, "y": 2}, destination=LEEDS), seen, rule, by=(transfers(),))
    assert "Package P1 at ST-014: " in said["sentences"][0]
    assert "2 pieces brought from ST-020" in said["sentences"][0]


def test_what_an_older_planner_kept_says_what_was_available_only():
    seen = world({"ST-014": {"x": 9}}, PLACES)
    kept = keep(demand({"x": 1}), seen, Frame(seen.places.rows, scenario({})))
    case = msgspec.json.decode(zlib.decompress(kept.packed))
    for name in ("reserved", "left"):
        del case[name]
    said = explain(unpack(zlib.compress(msgspec.json.encode(case)), kept.frame.packed))
    assert (said["stock_apart"], said["stock"]) == (None, {"x": {"ST-014": 9}})


def test_another_world_fails_the_recheck_and_another_frame_is_refused():
    seen = world({"ST-014": {"x": 1}, "ST-020": {"x": 2}}, PLACES)
    frame = Frame(seen.places.rows, scenario({}))
    wanted = demand({"x": 2})
    kept = keep(wanted, seen, frame)
    made = plan_bytes(plan(wanted, seen, frame.scenario))
    assert frame_of(kept.packed) == frame.digest
    assert recheck(unpack(kept.packed, frame.packed), made)
    seen.set_known(1, "x", 2)
    later = keep(wanted, seen, frame)
    assert later.digest != kept.digest
    assert not recheck(later, made)
    with pytest.raises(ValueError, match="another frame"):
        unpack(kept.packed, Frame(seen.places.rows, scenario({}, name="other")).packed)
    seen.put_place(Place(9, "NEW"))
    with pytest.raises(ValueError, match="other locations"):
        keep(wanted, seen, frame)


def test_a_plan_is_small_enough_to_be_an_event():
    seen = world({place.erp_code: {f"s{i}": 1 for i in range(14)} for place in PLACES}, PLACES)
    made = plan(demand({f"s{i}": 2 for i in range(14)}), seen, scenario({}, {}))
    assert len(made.packages) == 2
    assert len(plan_bytes(made)) < 4096
