"""The steps of `fewest_packages`, each where it alone makes the difference."""

from array import array
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import cover
from scenarios.cover import cover_units
from scenarios.goods import Goods, served_by
from scenarios.places import Pieces
from scenarios.search import DENSE, Search
from tests.scenarios.worlds import demand, run, world


def columns(*held: str) -> list[Pieces]:
    """One piece of each good a candidate holds: `columns("ab", "b")` is goods a and b at two candidates."""
    goods = sorted(set("".join(held)))
    return [array("i", [int(good in one) for one in held]) for good in goods]


def chosen(*held: str) -> list[int]:
    rows = columns(*held)
    return cover_units([1] * len(rows), rows, range(len(held)), len(held)).chosen


def test_what_became_needless_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover, "needed_by_all", lambda goods: [])
    monkeypatch.setattr(cover, "WORK", 0)
    assert chosen("bcde", "abc", "def") == [1, 2]


def test_other_starts_find_what_greedy_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    held = ("abdeg", "cf", "abcg", "defh")
    monkeypatch.setattr(cover, "LOOKED_UP", 0)
    monkeypatch.setattr(cover, "_one_fewer", lambda goods, musts, chosen, bound: chosen)
    monkeypatch.setattr(cover, "needed_by_all", lambda goods: [])
    monkeypatch.setattr(cover, "WORK", 0)
    assert chosen(*held) == [2, 3]
    monkeypatch.setattr(cover, "STARTS", 0)
    assert chosen(*held) == [0, 1, 3]


def goods_of(need: list[int], rows: list[list[int]]) -> Goods:
    goods = served_by(need, [array("i", row) for row in rows], range(len(rows[0])), whole=False)
    assert goods is not None
    return goods


def covers(goods: Goods, size: int) -> list[tuple[int, ...]]:
    """Every choice of so many that has all, tried one after the other."""
    held = goods.held.tolist()
    return [
        some
        for some in combinations(range(goods.count), size)
        if all(sum(row[c] for c in some) >= n for row, n in zip(held, goods.full.tolist(), strict=True))
    ]


@st.composite
def stocks(draw: st.DrawFn) -> Goods:
    """More goods than all pairs are looked at by, so that both parts of a look at pairs decide."""
    count = draw(st.integers(2, 7))
    held = st.lists(st.sampled_from([0, 1, 2, 3, 3]), min_size=count, max_size=count)
    rows = draw(st.lists(held.filter(any), min_size=1, max_size=DENSE + 6))
    return goods_of([3] * len(rows), rows)


@given(stocks())
def test_pairs_are_all_pairs_that_have_everything(goods):
    one = goods.held[goods.all.scarce_first()[0]].nonzero()[0]
    found = Search(1_000_000).pairs(goods.all, one)
    pairs = {tuple(sorted(pair)) for pair in zip(*(ranks.tolist() for ranks in found), strict=True)}
    useful = set(goods.held.any(axis=0).nonzero()[0].tolist())
    assert pairs == {pair for pair in covers(goods, 2) if set(pair) <= useful}


@given(stocks(), st.integers(1, 4))
def test_a_search_that_comes_to_its_end_is_right(goods, room):
    search = Search(10_000_000)
    found = search.within(goods.all, room)
    exists = any(covers(goods, size) for size in range(1, room + 1))
    assert search.complete
    assert (found is not None) == exists
    assert found is None or not goods.all.after(*found)


def test_a_search_whose_work_is_used_up_proves_nothing() -> None:
    goods = goods_of([1, 1], [[1, 0], [0, 1]])
    search = Search(0)
    assert search.within(goods.all, 1) is None
    assert not search.complete


def test_quantities_do_not_decide_between_equals() -> None:
    """Of the first good there are 3 wanted, of the second 1: both candidates have one of them whole."""
    assert cover_units([3, 1], [array("i", [3, 0]), array("i", [0, 1])], [0, 1], 1).chosen == [0]
    assert cover_units([1, 3], [array("i", [1, 0]), array("i", [0, 3])], [0, 1], 1).chosen == [0]


def test_more_than_fits_in_four_bytes_is_wanted() -> None:
    most = 2**31 - 1
    cover = cover_units([3 * most, 1], [array("i", [most, most]), array("i", [0, 1])], [0, 1], 2)
    assert cover.given == [[most, 0], [most, 1]]


def test_a_large_line_does_not_outweigh_many_small_ones() -> None:
    rows = [array("i", row) for row in ([90, 10, 100], [0, 1, 0], [0, 1, 0])]
    assert cover_units([100, 1, 1], rows, [0, 1], 1).chosen == [1]


def test_a_line_goes_whole_from_the_best_ranked_that_has_it() -> None:
    rows = [array("i", row) for row in ([5, 9], [1, 0], [0, 1])]
    assert cover_units([5, 1, 1], rows, [0, 1], 2).given == [[5, 1, 0], [0, 0, 1]]


def test_whole_lines_of_one_sku_count_for_what_can_be_sent_at_once() -> None:
    rule = {"coverage": "whole_lines", "strategy": "fewest_packages", "max_packages": 1}
    lines = [("x", 3), ("x", 3), ("x", 3), ("y", 1), ("z", 1)]
    assert run(demand(lines), world({"A": {"x": 3}, "B": {"y": 1, "z": 1}}), rule) == ["B y1 z1"]
    rule["max_packages"] = 3
    needless = {"A": {"b": 1, "c": 1, "d": 1, "e": 1}, "B": {"a": 1, "b": 1, "c": 1}, "C": {"d": 1, "e": 1, "f": 1}}
    assert run(demand(dict.fromkeys("abcdef", 1)), world(needless), rule) == ["B a1 b1 c1", "C d1 e1 f1"]
