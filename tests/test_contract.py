"""docs/contract.md names tests that are there, for every command and automatic transition of the tables."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "contract.md").read_text()


def test_every_named_test_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 100
    known: dict[str, set[str]] = {}
    for path in {path for path, _ in named}:
        tree = ast.parse((ROOT / path).read_text())
        known[path] = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    assert [f"{path}::{test}" for path, test in named if test not in known[path]] == []


def test_every_command_and_transition_has_a_row() -> None:
    first = " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| "))
    for letter, last in (("C", 31), ("A", 7)):
        assert [n for n in range(1, last + 1) if not re.search(rf"\b{letter}{n}\b", first)] == []
    assert "T1 to T7" in first
    assert all(f"1.{n}" in first for n in (1, 2, 3, 4, 5, 6, 8, 9))


def test_every_row_names_one() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| row")]
    assert [row for row in rows if "::test_" not in row] == []
