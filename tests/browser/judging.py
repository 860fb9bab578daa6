"""What every page is judged by: axe, no sideways scrolling, targets large enough for a thumb."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

AXE: str = AXE_SCRIPT
SMALL = """least => [...document.querySelectorAll("a, button, input, select, summary, label[for]")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest(".hidden") && !e.matches(".skip, .hidden"))
  .filter(e => !e.matches("input[type=checkbox], input[type=radio]"))  // their labels are pressed
  .filter(e => !(e.matches("label") && !document.getElementById(e.htmlFor)?.matches("[type=checkbox], [type=radio]")))
  .map(e => [e.id || e.textContent.trim() || e.tagName, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < least || box.height < least)
  .map(([name, box]) => `${name}: ${Math.round(box.width)}x${Math.round(box.height)}`)"""

# Contrast is a question of colours and sizes: of texts that look alike the first and the last are asked about, and of
# none that look like one of another page (`seen`). Asking about each took most of the time.
JUDGE = """async ({rules, contrast, but, seen}) => {
  const known = new Set(seen);
  const grounds = new Map();
  const ground = at => {  // what is seen behind it
    if (!at) return "";
    if (!grounds.has(at)) {
      const {opacity, backgroundColor, backgroundImage} = getComputedStyle(at);
      const rest = backgroundColor.startsWith("rgb(") && opacity === "1" ? "" : ground(at.parentElement);
      grounds.set(at, [opacity, backgroundColor, backgroundImage, rest].join());
    }
    return grounds.get(at);
  };
  const alike = new Map();
  for (const e of contrast ? document.querySelectorAll("body *") : []) {
    const text = [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (!(text || e.matches("input, select, textarea")) || e.closest(".hidden, .skip")) continue;
    if (!e.checkVisibility({visibilityProperty: true})) continue;
    const {color, fontSize, fontWeight, textShadow} = getComputedStyle(e);
    const look = [color, fontSize, fontWeight, textShadow, e.matches(":disabled"), ground(e)].join();
    if (!known.has(look)) alike.set(look, [alike.get(look)?.[0] ?? e, e]);
  }
  const short = {resultTypes: ["violations"], preload: false};
  const found = (await axe.run(but ? {exclude: [but]} : document, {...rules, ...short})).violations;
  const include = [...new Set([...alike.values()].flat())];
  if (include.length) found.push(...(await axe.run({include}, {runOnly: ["color-contrast"], ...short})).violations);
  const wrong = found.flatMap(
    one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 150)} (${node.failureSummary})`));
  return {wrong, looks: [...alike.keys()]};
}"""
CONTRAST = "color-contrast"
HEADER = "header.top"
"""The same on every page of the console."""

WIDER = """() => {
  const page = document.documentElement, wide = page.clientWidth;
  if (page.scrollWidth <= wide) return [];
  const out = [...document.querySelectorAll("body *")].filter(
    one => one.getBoundingClientRect().right > wide + 1 && !one.closest(".scroll, nav"));
  const said = out.slice(0, 5).map(one => one.outerHTML.slice(0, 120)).join(" … ");
  return [`${page.scrollWidth} px of content in a window of ${wide}: ${said}`];
}"""


def violations(page: Page, rules: Sequence[str] = (), seen: set[str] | None = None) -> list[str]:
    """What axe finds, in short; `rules`: by these alone. `seen`: what was looked at on pages before, the header and the
    looks of texts; what this page adds is added."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    wanted: dict[str, Any] = {"rules": {CONTRAST: {"enabled": False}}}
    if rules:
        wanted = {"runOnly": {"type": "rule", "values": [one for one in rules if one != CONTRAST]}}
    asked = {"rules": wanted, "contrast": not rules or CONTRAST in rules, "but": HEADER if seen else ""}
    found = page.evaluate(JUDGE, {**asked, "seen": sorted(seen or ())})
    if seen is not None:
        seen.update(found["looks"])
    wrong: list[str] = found["wrong"]
    return wrong


def too_wide(page: Page) -> list[str]:
    """What only fits a wider window: nothing but what scrolls by itself may."""
    found: list[str] = page.evaluate(WIDER)
    return found


def fits(page: Page, touch: int = 0) -> None:
    """No violations, nothing wider than the window, and, where `touch` says so, nothing smaller to press (in px)."""
    wrong = violations(page) + too_wide(page)
    assert not wrong, wrong
    if touch:
        small = page.evaluate(SMALL, touch)
        assert not small, small
