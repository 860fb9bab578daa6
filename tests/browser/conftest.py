"""One chromium for all tests of the pages, and one site; each test has a window of its own."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from eventlog.embedded import EmbeddedServer
from tests.api.conftest import set_up
from tests.api.site import PASSWORD, Site

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30_000
"""Milliseconds a page may take for what usually takes a tenth of a second."""

expect.set_options(timeout=PATIENCE)

Window = Callable[..., Page]


def chromium() -> str:
    """The distribution's; `make test` names it."""
    named = os.environ.get("CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found, "The pages are tested in Chromium, which is missing (Debian: apt-get install chromium)."
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # The sandbox needs rights that a root in a container has not; these pages are our own.
    quiet = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=quiet)
        yield started
        started.close()


@pytest.fixture(scope="package")
def site(postgres: EmbeddedServer) -> Iterator[Site]:
    with set_up(postgres, "test_browser") as made:
        yield made


@pytest.fixture
def window(browser: Browser, site: Site) -> Iterator[Window]:
    """`window(username, path, PHONE)`: a page of somebody who has signed in by the form and is at `path`. What its
    scripts throw fails the test."""
    contexts: list[BrowserContext] = []
    thrown: list[str] = []

    def open(username: str, path: str, device: dict[str, Any] = DESKTOP, url: str = "", **more: Any) -> Page:
        context = browser.new_context(base_url=url or site.url, **device, **more)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("console", lambda said: thrown.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(path)
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{path}")
        return page

    yield open
    for context in contexts:
        context.close()
    assert thrown == []
