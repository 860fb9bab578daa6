"""A town to look at, and people who look: at a desk, and on a phone in the dark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from eventlog.embedded import EmbeddedServer
from tests.browser.console.town import PASSWORD, Town, living
from tests.browser.judging import too_wide, violations
from tests.conftest import database

DESKTOP, PHONE, ZOOMED = (1280, 900), (390, 844), (640, 450)
"""Sizes of windows in CSS px. A browser that shows a page at 200 % in a window of DESKTOP lays it out in ZOOMED: half
as many CSS px each way, and media queries see them so."""
LOOKS = ("color-contrast", "scrollable-region-focusable", "target-size", "link-in-text-block")
"""Rules of axe that depend on the size of the screen and its colours."""
WAIT = 30_000
"""Milliseconds for which a page is waited for, however busy the machine is."""


@pytest.fixture(scope="session")
def town(postgres: EmbeddedServer) -> Iterator[Town]:
    with database(postgres, "test_town") as url, living(url) as made:
        yield made


@dataclass
class Person:
    """Somebody at a screen of a size. `errors`: what the console of the browser complained of; each test looks."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)

    def goes_to(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def signs_in(self, username: str) -> None:
        self.goes_to("/console/")
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()

    def has(self, size: tuple[int, int], scheme: Literal["dark", "light"]) -> None:
        """A window of this size from now on; the page stands as it is."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme=scheme)

    def sees_wrong(self, rules: Sequence[str] = (), seen: set[str] | None = None) -> list[str]:
        """Violations of accessibility (axe; `rules`: only of these; `seen`: what pages before had), what only fits a
        wider screen, complaints of the browser; on this page."""
        wrong = [*violations(self.page, rules, seen), *too_wide(self.page), *self.errors]
        self.errors.clear()
        return [f"{self.page.url}: {one}" for one in wrong]


def person(browser: Browser, town: Town, size: tuple[int, int]) -> tuple[BrowserContext, Person]:
    dark: Literal["dark", "light"] = "dark" if size == PHONE else "light"  # each once, so that both are looked at
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, reduced_motion="reduce", color_scheme=dark)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    made = Person(page, town.url)
    page.on("console", lambda said: made.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: made.errors.append(str(error)))
    return context, made


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def someone(request: pytest.FixtureRequest, browser: Browser, town: Town) -> Iterator[Person]:
    """At a desk, and with a phone."""
    context, made = person(browser, town, request.param)
    yield made
    context.close()
