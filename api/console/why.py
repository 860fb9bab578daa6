"""Why something was planned as it was (spec 2.6): sentences for a package, and the candidates of its rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FIRST = 12
"""Candidates shown before the rest is folded away."""


@dataclass(frozen=True)
class Why:
    """`mine`: the sentence of this package; `parts`: the same, cut where a person would take breath; `others`: all
    other sentences of the plan; `ranked`, `removed`: candidates of the rule, {location, rank, sort_key} or
    {location, removed_by}."""

    plan: dict[str, Any]
    mine: str
    parts: Sequence[str]
    others: Sequence[str]
    rule: str
    sort_keys: Sequence[str]
    ranked: Sequence[dict[str, Any]]
    removed: Sequence[dict[str, Any]]


def placed_in(plan: dict[str, Any]) -> list[int]:
    """The packages that a plan placed somewhere, in the order of its sentences."""
    return list(dict.fromkeys(one["package"] for one in plan["orderexecutionplanitem_set"] if not one["reason"]))


def sentence_of(plan: dict[str, Any], package: int) -> str:
    """Why this package is where it is; empty where the inputs are no longer kept, or no rule could place it."""
    placed = placed_in(plan)
    if package not in placed:
        return ""
    begins = f"Package P{placed.index(package) + 1} at "
    return next((str(one) for one in plan["explanation"] if one.startswith(begins)), "")


def why_of(plan: dict[str, Any], package: int) -> Why:
    """`plan`: an order execution plan as of the API."""
    mine = sentence_of(plan, package)
    rule = next((one["rule"] for one in plan["orderexecutionplanitem_set"] if one["package"] == package), "")
    rows: list[dict[str, Any]] = next((one["candidates"] for one in plan["rules"] if one["rule"] == rule), [])
    ranked = [one for one in rows if "rank" in one]
    keys = list(ranked[0]["sort_key"]) if ranked else []
    others = [one for one in plan["explanation"] if one != mine]
    parts = [part[:1].upper() + part[1:] for part in mine.partition(": ")[2].split("; ")] if mine else []
    return Why(plan, mine, parts, others, rule, keys, ranked, [one for one in rows if "removed_by" in one])
