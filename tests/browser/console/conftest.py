"""A town to look at, and people who look: at a desk, and on a phone in the dark."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from eventlog.embedded import EmbeddedServer
from tests.browser.console.town import PASSWORD, Town, living
from tests.conftest import TEMPLATE

DESKTOP, PHONE = (1280, 900), (390, 844)
LOOKS = ("color-contrast", "scrollable-region-focusable", "target-size", "link-in-text-block")
"""Rules of axe that depend on the size of the screen and its colours."""
WAIT = 30_000
"""Milliseconds for which a page is waited for, however busy the machine is."""


WIDER = """(() => {
    const page = document.documentElement, wide = page.clientWidth;
    if (page.scrollWidth <= wide) return "";
    const out = [...document.querySelectorAll("main *, header *")].filter(
        (one) => one.getBoundingClientRect().right > wide + 1 && !one.closest(".scroll, nav"));
    return out.slice(0, 5).map((one) => one.outerHTML.slice(0, 120)).join(" … ");
})()"""


@pytest.fixture(scope="session")
def town(postgres: EmbeddedServer) -> Iterator[Town]:
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database test_town template {TEMPLATE} strategy file_copy")
    with living(postgres.database_url("test_town")) as made:
        yield made
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("drop database test_town with (force)")


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

    @contextmanager
    def on_the_phone(self) -> Iterator[None]:
        """The page as it stands, on a phone and in the dark."""
        self.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        self.page.emulate_media(color_scheme="dark")
        yield
        self.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        self.page.emulate_media(color_scheme="light")

    def sees_wrong(self, rules: Sequence[str] = ()) -> list[str]:
        """Violations of accessibility (axe; `rules`: only of these), what only fits a wider screen, complaints of the
        browser; on this page."""
        only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
        found = Axe().run(self.page, options={"resultTypes": ["violations"], **only})
        wrong = [found.generate_report()] if found.violations_count else []
        width = self.page.evaluate(WIDER)
        wrong += [f"wider than the screen: {width}"] if width else []
        wrong += self.errors
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
