"""Charts of a simulated period as SVG: packages per location, and packages per order day by day."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from reportlab.graphics.charts.axes import NormalDateXValueAxis
from reportlab.graphics.charts.barcharts import HorizontalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.charts.lineplots import LinePlot
from reportlab.graphics.shapes import Circle, Drawing, String
from reportlab.lib.normalDate import ND

from api.drawings.svg import COLOURS, filled, svg, titled

BUSIEST = 20
SIDES = ("really", "simulated")
_WIDE, _HEAD, _RIGHT, _ROW = 460, 64, 36, 30
_TEXT = {"fontSize": 12, "fillColor": COLOURS["ink"]}
_LEFT_OF = _TEXT | {"boxAnchor": "e", "textAnchor": "end", "dx": -6}


def charts(report: Mapping[str, Any]) -> dict[str, str]:
    """Name of the file → SVG."""
    return {"load.svg": load_chart(report), "packages.svg": packages_chart(report)}


def load_chart(report: Mapping[str, Any]) -> str:
    """Packages each of the busiest locations was given, really and in the simulation."""
    rows = report["locations"][:BUSIEST]
    codes = [row["erp_code"] or "?" for row in rows]
    sides = SIDES[::-1]  # of a location the lowest first
    chart = HorizontalBarChart()
    chart.setProperties({"x": 110, "y": 8, "height": _ROW * len(rows)})
    chart.data = [[row["packages"][side] for row in rows] for side in sides]
    for n, side in enumerate(sides):
        chart.bars[n].setProperties(filled(side))
    chart.barRecord = lambda bar, rowNo, colNo, value, **_: titled(bar, f"{codes[colNo]} {sides[rowNo]}: {value}")
    chart.barLabelFormat = "%d"
    chart.barLabels.setProperties(_TEXT | {"fontSize": 10, "boxAnchor": "w", "textAnchor": "start", "nudge": 4})
    chart.valueAxis.setProperties({"valueMin": 0, "visible": False})
    chart.categoryAxis.setProperties({"categoryNames": codes, "reverseDirection": True, "visibleTicks": False})
    chart.categoryAxis.strokeColor = COLOURS["line"]
    chart.categoryAxis.labels.setProperties(_LEFT_OF)
    return _drawn("Packages per location", chart)


def packages_chart(report: Mapping[str, Any]) -> str:
    """Packages per order, by the day on which orders were first planned."""
    rows = report["days"]
    days = [ND(date.fromisoformat(row["day"])) for row in rows]
    chart = LinePlot()
    chart.setProperties({"x": 40, "y": 32, "height": 200, "xValueAxis": NormalDateXValueAxis()})
    chart.data = [[(day, _share(**row[side])) for day, row in zip(days, rows, strict=True)] for side in SIDES]
    for n, side in enumerate(SIDES):  # the second over the first, which is seen where they are the same
        chart.lines[n].setProperties({"strokeColor": COLOURS[side], "strokeWidth": 3 - n})
        for at, (row, (_, value)) in enumerate(zip(rows, chart.data[n], strict=True)):
            chart.lines[n, at].symbol = partial(_dot, 4 - n, side, f"{row['day']} {side}: {value:.3f}")
    across, up = chart.xValueAxis, chart.yValueAxis
    across.setProperties({"xLabelFormat": "{mm}-{dd}", "niceMonth": False, "minimumTickSpacing": 44})
    across.setProperties({"visibleTicks": False, "strokeColor": COLOURS["line"]})
    across.labels.setProperties(_TEXT | {"boxAnchor": "n", "textAnchor": "middle", "dy": -4})
    if days:  # with room at both ends: one day alone has a place, too
        across.setProperties({"valueMin": days[0] - 1, "valueMax": days[-1] + 1, "forceFirstDate": len(days) > 1})
    up.setProperties({"valueMin": 0, "rangeRound": "ceiling", "visibleAxis": False, "visibleTicks": False})
    up.setProperties({"visibleGrid": True, "gridStrokeWidth": 1, "gridStrokeColor": COLOURS["line"]})
    up.labels.setProperties(_LEFT_OF)
    return _drawn("Packages per order, by day", chart)


def _share(packages: int, orders: int, **_: Any) -> float:
    return packages / orders if orders else 0.0


def _dot(size: float, side: str, title: str, x: float, y: float, *_: Any) -> Any:
    return titled(Circle(x, y, size, **filled(side)), title)


def _drawn(title: str, chart: Any) -> str:
    """Under its title and the legend; a chart of nothing is left out."""
    shown = bool(chart.data[0])
    drawing = Drawing(_WIDE, _HEAD + (chart.y + chart.height if shown else 0))
    top = drawing.height - 18
    legend = Legend()
    legend.setProperties(_TEXT | {"x": 8, "y": top - 14, "boxAnchor": "nw", "alignment": "right", "columnMaximum": 1})
    legend.setProperties({"strokeColor": None, "dx": 10, "dy": 10, "deltax": 60})
    legend.colorNamePairs = [(COLOURS[side], side) for side in SIDES]
    drawing.add(String(8, top, title, fontSize=14, **filled("ink")))
    drawing.add(legend)
    if shown:
        chart.width = _WIDE - chart.x - _RIGHT
        drawing.add(chart)
    return svg(drawing, role="img", **{"aria-label": title})
