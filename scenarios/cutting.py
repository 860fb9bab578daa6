"""Packages cut afterwards (`split_by`, spec 2.3): by weight, volume and pieces, and what must be kept apart.

Lines go in their order into the first package of their group with room; a piece that is too large by itself goes alone.
"""

from collections.abc import Sequence
from math import floor

from scenarios.definition import SplitBy
from scenarios.demand import Line
from scenarios.strategies import Pick
from scenarios.transfers import Amounts, Brought

MANY = 1_000_000_000


def cut(lines: Sequence[Line], pick: Pick, by: SplitBy) -> list[Pick]:
    """The pick as one package or several; together they hold just what it holds."""
    bins: list[_Bin] = []
    for source, amounts in [(None, pick.own), *pick.brought.legs]:
        for line, n in sorted(amounts.items()):
            group = tuple(str(lines[line].attributes.get(name)) for name in by.keep_apart)
            sizes = _sizes(lines[line], by)
            for one in [*bins, None]:
                if not n:
                    break
                if one is None:
                    while n:
                        bins.append(_Bin(group, _limits(by)))
                        n -= bins[-1].put(source, line, sizes, n, alone=True)
                elif one.group == group:
                    n -= one.put(source, line, sizes, n)
    return [one.pick(pick) for one in bins]


class _Bin:
    """A package in the making: what room it has left by weight, volume and pieces."""

    def __init__(self, group: tuple[str, ...], room: list[float]) -> None:
        self.group, self.room = group, room
        self._held: dict[int | None, Amounts] = {}

    def put(self, source: int | None, line: int, sizes: list[float], n: int, alone: bool = False) -> int:
        """How many of the n pieces go in; at least one where it is `alone`."""
        fits = [floor(room / size + 1e-9) if size else MANY for room, size in zip(self.room, sizes, strict=True)]
        taken = min(n, *fits)
        if alone:
            taken = max(1, taken)
        if taken <= 0:
            return 0
        self.room = [room - size * taken for room, size in zip(self.room, sizes, strict=True)]
        held = self._held.setdefault(source, {})
        held[line] = held.get(line, 0) + taken
        return taken

    def pick(self, of: Pick) -> Pick:
        legs = [(source, amounts) for source, amounts in self._held.items() if source is not None]
        return Pick(of.at, self._held.get(None, {}), Brought(legs, of.brought.via))


def _limits(by: SplitBy) -> list[float]:
    return [float(MANY) if limit is None else float(limit) for limit in (by.weight, by.volume, by.pieces)]


def _sizes(line: Line, by: SplitBy) -> list[float]:
    """Of one piece; a product that does not say its weight or volume takes none."""
    return [
        0.0 if by.weight is None else _number(line.attributes.get("weight")),
        0.0 if by.volume is None else _number(line.attributes.get("volume")),
        1.0,
    ]


def _number(said: object) -> float:
    if isinstance(said, bool):
        return 0.0
    try:
        return max(0.0, float(said)) if isinstance(said, int | float | str) else 0.0
    except ValueError:
        return 0.0
