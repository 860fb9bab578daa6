"""The steps of `fewest_packages`, each where it alone makes the difference."""

import pytest

from scenarios import cover
from scenarios.cover import cover_units
from tests.scenarios.worlds import demand, run, world


def columns(*held: str) -> list[list[int]]:
    """One piece of each good a candidate holds: `columns("ab", "b")` is goods a and b at two candidates."""
    goods = sorted(set("".join(held)))
    return [[int(good in one) for one in held] for good in goods]


def chosen(*held: str) -> list[int]:
    rows = columns(*held)
    return cover_units([1] * len(rows), rows, range(len(held)), len(held)).chosen


def test_what_became_needless_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover, "needed_by_all", lambda goods: [])
    monkeypatch.setattr(cover, "WORK", 0)
    assert chosen("bcde", "abc", "def") == [1, 2]


def test_other_starts_find_what_greedy_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    held = ("abdeg", "cf", "abcg", "defh")
    monkeypatch.setattr(cover, "_two_for_one", lambda goods, musts, chosen, bound: chosen)
    monkeypatch.setattr(cover, "needed_by_all", lambda goods: [])
    assert chosen(*held) == [2, 3]
    monkeypatch.setattr(cover, "STARTS", 0)
    monkeypatch.setattr(cover, "NODES", 0)
    assert chosen(*held) == [0, 1, 3]


def test_a_large_line_does_not_outweigh_many_small_ones() -> None:
    rows = [[90, 10, 100], [0, 1, 0], [0, 1, 0]]
    assert cover_units([100, 1, 1], rows, [0, 1], 1).chosen == [1]


def test_a_line_goes_whole_from_the_best_ranked_that_has_it() -> None:
    rows = [[5, 9], [1, 0], [0, 1]]
    assert cover_units([5, 1, 1], rows, [0, 1], 2).given == [[5, 1, 0], [0, 0, 1]]


def test_whole_lines_of_one_sku_count_for_what_can_be_sent_at_once() -> None:
    rule = {"coverage": "whole_lines", "strategy": "fewest_packages", "max_packages": 1}
    lines = [("x", 3), ("x", 3), ("x", 3), ("y", 1), ("z", 1)]
    assert run(demand(lines), world({"A": {"x": 3}, "B": {"y": 1, "z": 1}}), rule) == ["B y1 z1"]
    rule["max_packages"] = 3
    needless = {"A": {"b": 1, "c": 1, "d": 1, "e": 1}, "B": {"a": 1, "b": 1, "c": 1}, "C": {"d": 1, "e": 1, "f": 1}}
    assert run(demand(dict.fromkeys("abcdef", 1)), world(needless), rule) == ["B a1 b1 c1", "C d1 e1 f1"]
