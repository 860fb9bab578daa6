"""The judge of `fewest_packages`: the exact optimum by HiGHS, from the formulation of design/performance.md.

With y = location is used: min Σ y, then min Σ c y among the choices with that many, subject to Σ min(stock, need) y ≥
what can be served, for each SKU. c is the location's distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf

import highspy

FAR = 25_000.0  # kilometres, above any distance on earth


@dataclass(frozen=True, slots=True)
class Optimum:
    packages: int
    km: float
    proven: bool


def optimum(need: Sequence[int], rows: Sequence[Sequence[int]], km: Sequence[float], seconds: float = 20.0) -> Optimum:
    """`need` pieces by good, `rows` stock by ordinal. First as few as can be, then among these the fewest kilometres:
    two runs, since one with a B that is large enough has numbers too far apart to be solved well. Not proven where
    HiGHS needs longer than `seconds` for the first."""
    useful = [at for at in range(len(km)) if any(row[at] for row in rows)]
    target = [min(n, sum(row)) for n, row in zip(need, rows, strict=True)]
    if not any(target):
        return Optimum(0, 0.0, True)
    cost = [FAR if isinf(km[at]) else km[at] for at in useful]
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", seconds)
    for i in range(len(useful)):
        solver.addVar(0.0, 1.0)
        solver.changeColCost(i, 1.0)
        solver.changeColIntegrality(i, highspy.HighsVarType.kInteger)
    for n, row in zip(target, rows, strict=True):
        if n:
            held = [(i, min(row[at], n)) for i, at in enumerate(useful) if row[at]]
            solver.addRow(float(n), highspy.kHighsInf, len(held), [i for i, _ in held], [float(h) for _, h in held])
    solver.run()
    done = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    packages = sum(y > 0.5 for y in solver.getSolution().col_value)
    solver.addRow(0.0, float(packages), len(useful), list(range(len(useful))), [1.0] * len(useful))
    for i, c in enumerate(cost):
        solver.changeColCost(i, c)
    solver.run()
    used = [i for i, y in enumerate(solver.getSolution().col_value) if y > 0.5]
    return Optimum(packages, sum(cost[i] for i in used), done)
