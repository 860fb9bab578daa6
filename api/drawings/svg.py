"""Drawings of reportlab as SVG: a file of its own, and a part of a page under the console's policy.

That policy runs no style from within a page. So reportlab's `style` becomes presentation attributes, over which a
sheet goes, and each of our colours a class (`fill-ink`, `stroke-line`), by which the page's sheet says what it is in
the dark. Nothing has an id: many of them may stand in one page.
"""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

from reportlab.graphics.renderSVG import SVGCanvas, draw
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor

_CODES = {
    "ink": "#24292f",
    "line": "#d0d7de",
    "really": "#7a8794",
    "simulated": "#1f6feb",
    "ground": "#eef1f5",
    "edge": "#ffffff",
    "free": "#2f855a",
    "busy": "#c77d0a",
    "full": "#c53030",
    "off": "#6b7280",
    "none": "#4f6fb5",
}
COLOURS = {name: HexColor(code) for name, code in _CODES.items()}
"""All that are drawn with; what each is where no sheet says otherwise."""

_WRITTEN = {"rgb({}%,{}%,{}%)".format(*(int(part * 100) for part in c.rgb())): name for name, c in COLOURS.items()}
_KEPT = ("fill", "stroke", "stroke-width", "font-size")
_NOWHERE = "#"


def filled(colour: str, edge: str | None = None) -> dict[str, Any]:
    """Of a shape, by names of colours."""
    return {"fillColor": COLOURS[colour], "strokeColor": None if edge is None else COLOURS[edge]}


def titled(shape: Any, title: str, address: str = _NOWHERE) -> Any:
    """The shape, which says this when it is pointed at, and with an address is a link."""
    vars(shape).update(hrefTitle=title, hrefURL=address)  # reportlab draws them, but takes them as attributes of none
    return shape


def svg(drawing: Drawing, **attributes: str) -> str:
    """`attributes`: of the `svg` element. The keyboard passes over its links."""
    wide, tall = f"{drawing.width:g}", f"{drawing.height:g}"
    size = {"viewBox": f"0 0 {wide} {tall}", "width": wide, "height": tall, "font-family": "system-ui, sans-serif"}
    root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, **attributes})
    canvas = _Canvas((drawing.width, drawing.height))
    draw(drawing, canvas)  # type: ignore[arg-type]  # its types speak of a page of PDF
    root.append(canvas.currGroup)
    return ElementTree.tostring(root, encoding="unicode")


class _Node(ElementTree.Element):
    """What reportlab asks of a node of `xml.dom.minidom`, in half the time."""

    def setAttribute(self, name: str, value: str) -> None:
        if name == "style":
            self.attrib.update(_attributes(value))
        elif value:
            self.set(name, value)

    def getAttribute(self, name: str) -> str:
        return self.get(name, "")

    def appendChild(self, child: Any) -> None:
        if isinstance(child, str):
            self.text = child
        else:
            self.append(child)


class _Canvas(SVGCanvas):
    def __init__(self, size: tuple[float, float]) -> None:
        super().__init__(size)
        self.doc = SimpleNamespace(createElement=_Node, createTextNode=str, createComment=str)
        self.currGroup = _Node("g", {"transform": f"translate(0,{size[1]:g}) scale(1,-1)"})

    def drawString(self, s: str, x: float, y: float, *more: Any, text_anchor: str = "start", **named: Any) -> None:
        """Anchored by what shows it and knows how wide its letters are; `y` whole, as reportlab turns it over there."""
        named["text-anchor"] = text_anchor
        super().drawString(s, round(x, 1), round(y), *more, **named)

    def _add_link(self, shape: _Node, link: dict[str, str]) -> _Node:
        ElementTree.SubElement(shape, "title").text = link["xlink:title"]
        if link["xlink:href"] == _NOWHERE:
            return shape
        found = _Node("a", {"href": link["xlink:href"], "tabindex": "-1"})
        found.append(shape)
        return found


@cache
def _attributes(style: str) -> dict[str, str]:
    said = {name: text for name, text in re.findall(r"([\w-]+): ?([^;]+);", style.lower()) if name in _KEPT}
    if said.get("stroke") == "none":
        said = {name: text for name, text in said.items() if not name.startswith("stroke")}
    ours = {name: _WRITTEN[text] for name, text in said.items() if text in _WRITTEN}
    classes = " ".join(f"{name}-{colour}" for name, colour in ours.items())
    return said | {name: _CODES[colour] for name, colour in ours.items()} | ({"class": classes} if classes else {})
