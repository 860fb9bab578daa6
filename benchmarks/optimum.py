"""The judge of `fewest_packages`: the exact optimum by HiGHS, from the formulation of design/performance.md.

With y = location is used: min Σ (B + c) y subject to Σ min(stock, need) y ≥ what can be served, for each SKU. c is the
location's distance; B is above any sum of them, so that packages count first and kilometres then.
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
    """`need` pieces by good, `rows` stock by ordinal. Not proven where HiGHS needs longer than `seconds`."""
    useful = [at for at in range(len(km)) if any(row[at] for row in rows)]
    target = [min(n, sum(row)) for n, row in zip(need, rows, strict=True)]
    if not any(target):
        return Optimum(0, 0.0, True)
    cost = [FAR if isinf(km[at]) else km[at] for at in useful]
    most = FAR * 100
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", seconds)
    solver.setOptionValue("mip_rel_gap", 1e-9)
    for c in cost:
        solver.addVar(0.0, 1.0)
        index = solver.getNumCol() - 1
        solver.changeColCost(index, most + c)
        solver.changeColIntegrality(index, highspy.HighsVarType.kInteger)
    for n, row in zip(target, rows, strict=True):
        if n:
            held = [(i, min(row[at], n)) for i, at in enumerate(useful) if row[at]]
            solver.addRow(float(n), highspy.kHighsInf, len(held), [i for i, _ in held], [float(h) for _, h in held])
    solver.run()
    used = [i for i, y in enumerate(solver.getSolution().col_value) if y > 0.5]
    done = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return Optimum(len(used), sum(cost[i] for i in used), done)
