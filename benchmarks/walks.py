"""How other systems choose locations, as plain as they can be written: the peers of the planning table.

Each gets what is wanted by good, the stock rows by ordinal, and the candidates in the scenario's order; and gives who
was chosen, in turn, taking all that they have of what is left."""

from collections.abc import Callable, Sequence

Need = list[int]
Rows = Sequence[Sequence[int]]
Walk = Callable[[Need, Rows, Sequence[int]], list[int]]


def walk(need: Need, rows: Rows, order: Sequence[int]) -> list[int]:
    """Each in turn takes what it has (Magento's priority and distance algorithms, and most others)."""
    left, chosen = list(need), []
    for at in order:
        took = False
        for g, row in enumerate(rows):
            part = min(left[g], row[at])
            if part:
                left[g] -= part
                took = True
        if took:
            chosen.append(at)
        if not any(left):
            break
    return chosen


def static_coverage(need: Need, rows: Rows, order: Sequence[int]) -> list[int]:
    """Sorted once by how many lines a location has whole, then walked (Spree's coverage)."""
    covers = [sum(row[at] >= n for n, row in zip(need, rows, strict=True)) for at in order]
    ranked = sorted(range(len(order)), key=lambda i: -covers[i])
    return walk(need, rows, [order[i] for i in ranked])


def greedy(need: Need, rows: Rows, order: Sequence[int]) -> list[int]:
    """The one that adds most pieces of what is left, again and again."""
    left, chosen = list(need), list[int]()
    while any(left):
        gains = [0 if at in chosen else sum(min(n, row[at]) for n, row in zip(left, rows, strict=True)) for at in order]
        most = max(gains)
        if not most:
            break
        at = order[gains.index(most)]
        chosen.append(at)
        left = [max(0, n - row[at]) for n, row in zip(left, rows, strict=True)]
    return chosen


PEERS: dict[str, Walk] = {"walk": walk, "static coverage (Spree)": static_coverage, "greedy, recomputed": greedy}
