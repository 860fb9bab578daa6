"""What every page is judged by: axe, no sideways scrolling, targets large enough for a thumb."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SMALL = """least => [...document.querySelectorAll("a, button, input, select, summary, label[for]")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest(".hidden") && !e.matches(".skip, .hidden"))
  .filter(e => !e.matches("input[type=checkbox], input[type=radio]"))  // their labels are pressed
  .filter(e => !(e.matches("label") && !document.getElementById(e.htmlFor)?.matches("[type=checkbox], [type=radio]")))
  .map(e => [e.id || e.textContent.trim() || e.tagName, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < least || box.height < least)
  .map(([name, box]) => `${name}: ${Math.round(box.width)}x${Math.round(box.height)}`)"""
_axe = Axe()


def violations(page: Page) -> list[str]:
    """What axe finds, in short."""
    found: Any = _axe.run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:150]}" for one in found for node in one["nodes"]]


def fits(page: Page, touch: int = 0) -> None:
    """No violations, nothing wider than the window, and, where `touch` says so, nothing smaller to press (in px)."""
    found = violations(page)
    assert not found, found
    width, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= window, f"{width} px of content in a window of {window}"
    if touch:
        small = page.evaluate(SMALL, touch)
        assert not small, small
