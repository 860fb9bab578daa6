"""The explanation in words, as support reads it."""

from dataclasses import dataclass
from typing import Any

from scenarios.definition import Rule
from scenarios.places import Place
from scenarios.planned import OpenLine, PlannedPackage

SHOWN = 3  # locations named as left out; all of them are in the data
SUPERLATIVE = {
    ("distance", False): "nearest",
    ("distance", True): "farthest",
    ("priority", True): "most important",
    ("priority", False): "least important",
    ("stock_amount", True): "best stocked",
    ("stock_amount", False): "least stocked",
    ("stock_left_after", True): "the one with most left afterwards",
    ("stock_left_after", False): "the one with least left afterwards",
    ("package_density", False): "least loaded",
    ("package_density", True): "most loaded",
    ("shipping_cost", False): "cheapest",
    ("shipping_cost", True): "dearest",
    ("target_packaging_time", False): "quickest",
    ("target_packaging_time", True): "slowest",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location before a rule: removed by a filter's reason, or ranked with its sort key. `held`: pieces by SKU."""

    place: Place
    removed_by: str | None
    sort_key: dict[str, float | None]
    rank: int | None
    held: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        if self.removed_by is not None:
            return {"location": self.place.erp_code, "removed_by": self.removed_by}
        return {"location": self.place.erp_code, "sort_key": self.sort_key, "rank": self.rank}

    def has_all(self, wanted: dict[str, int]) -> bool:
        return all(self.held.get(sku, 0) >= n for sku, n in wanted.items())


@dataclass(frozen=True, slots=True)
class Considered:
    """What one rule had before it: pieces wanted by SKU, and every location."""

    rule: Rule
    wanted: dict[str, int]
    candidates: list[Candidate]


def package_sentence(
    number: int, package: PlannedPackage, considered: Considered, chosen: set[int], codes: dict[int, str]
) -> str:
    """As in spec 2.6: Package P1 at ST-014: nearest of 3 stores that have all 4 items; WH-01 was left out: no free
    quota (40 of 40)."""
    ranked = [one for one in considered.candidates if one.rank is not None]
    mine = next(one for one in ranked if one.place.id == package.location)
    parts = [f"Package P{number} at {mine.place.erp_code}: {_why(mine, ranked, considered, package)}"]
    for transfer in package.transfers:
        pieces = _count(sum(line.quantity for line in transfer.lines), "piece")
        by = "" if transfer.via is None else f" by way of {codes[transfer.via]}"
        parts.append(f"{pieces} brought from {codes[transfer.source]}{by}")
    better = [one for one in ranked if (one.rank or 0) < (mine.rank or 0) and one.place.id not in chosen]
    for one in better[:SHOWN]:
        parts.append(f"{one.place.erp_code} stands before it but {_lacks(one, considered.wanted)}")
    removed = [one for one in considered.candidates if one.removed_by is not None]
    # Those that had everything are the ones somebody would ask about.
    removed.sort(key=lambda one: (not one.has_all(considered.wanted), -sum(one.held.values()), one.place.erp_code))
    for one in removed[:SHOWN]:
        parts.append(f"{one.place.erp_code} was left out: {one.removed_by}")
    if len(removed) > SHOWN:
        parts.append(f"{len(removed) - SHOWN} more were left out")
    return "; ".join(parts)


def open_sentence(line: OpenLine, default: str | None) -> str:
    where = f"at {default}" if default else "without a location"
    return f"{_count(line.quantity, 'piece')} of {line.sku} (line {line.line}) waits {where}: {line.reason}"


def _why(mine: Candidate, ranked: list[Candidate], considered: Considered, package: PlannedPackage) -> str:
    items = _count(len(considered.wanted), "item")
    them = f"all {items}" if len(considered.wanted) > 1 else "the item"
    whole = [one for one in ranked if one.has_all(considered.wanted)]
    if mine in whole:
        if len(whole) == 1:
            return f"the only {_kind(whole)} that has {them}"
        best = f"{_best(considered.rule)} of {len(whole)}" if mine is whole[0] else f"one of {len(whole)}"
        return f"{best} {_kind(whole)}s that have {them}"
    pieces = _count(sum(line.quantity for line in package.lines), "piece")
    part = f"{pieces} for {len({line.sku for line in package.lines})} of the {items} wanted"
    how = "of the fewest that together have them" if considered.rule.strategy == "fewest_packages" else "in its turn"
    return f"{part}, {how} (rank {mine.rank} of {len(ranked)})"


def _best(rule: Rule) -> str:
    if not rule.order_by:
        return "first by code"
    return SUPERLATIVE[rule.order_by[0].by, rule.order_by[0].descending]


def _kind(found: list[Candidate]) -> str:
    types = {one.place.type for one in found}
    return types.pop() if len(types) == 1 else "location"


def _lacks(one: Candidate, wanted: dict[str, int]) -> str:
    lacking = [sku for sku, n in wanted.items() if one.held.get(sku, 0) < n]
    if not lacking:
        return "was not needed"
    if not one.held:
        return "has none of them"
    return f"lacks {lacking[0]}" + (f" and {len(lacking) - 1} more" if len(lacking) > 1 else "")


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
