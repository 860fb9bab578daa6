"""A shop goes on while the server is away, and nothing is done twice (spec 6.5)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.api.site import Site
from tests.browser.conftest import PHONE, Window
from tests.browser.judging import fits
from tests.browser.relay import Relay, relayed
from tests.browser.test_instore import HERE, commands, look, number

AWAY = re.compile("No connection")


@pytest.fixture
def line(site: Site) -> Iterator[Relay]:
    with relayed(site.url) as relay:
        yield relay


@pytest.fixture(autouse=True)
def clerk(site: Site) -> str:
    site.user("walker", "store", site.places[HERE])
    return "walker"


def test_what_is_done_while_the_server_is_away_is_done_once_when_it_is_back(
    site: Site, window: Window, line: Relay, clerk: str
) -> None:
    first, second = site.package(HERE), site.package(HERE)
    page = window(clerk, "/instore/", PHONE, url=line.url)
    tiles = {one: page.locator(f"#tile-package-{one}") for one in (first, second)}
    expect(tiles[second]).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")  # the shell is kept
    line.become("cut")
    look(page)
    expect(page.locator("#status")).to_have_text(AWAY)
    tiles[first].click()
    page.locator("#next").dblclick()
    expect(page.locator("#status")).to_have_text("No connection – 1 to send")
    for check in page.locator(".check").all():
        check.click()
    page.get_by_role("button", name="All picked").click()
    expect(page.locator("#status")).to_have_text("No connection – 2 to send")
    expect(page.locator(".heading .badge")).to_have_text("Ready for packaging")
    fits(page, 44)
    page.reload()  # the page itself comes from the browser, with what waits
    expect(page.locator("#status")).to_have_text("No connection – 2 to send")
    expect(page.locator(".heading .badge")).to_have_text("Ready for packaging")
    page.keyboard.type(number(site, second))  # and other packages are found
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start picking").click()
    expect(page.locator("#status")).to_have_text("No connection – 3 to send")
    assert commands(site, first) == commands(site, second) == []
    line.become("deaf")  # what is sent now is done, and its answer is lost: it is sent again
    with page.expect_event("requestfailed", lambda request: request.method == "POST"):
        look(page)
    assert commands(site, first) == ["start-preparing"]
    line.become("open")
    look(page)
    expect(page.locator("#status")).to_have_text("Live")
    expect(page.locator(".said")).to_have_count(0)
    assert commands(site, first) == ["start-preparing", "ready-for-packaging"]
    assert commands(site, second) == ["start-preparing"]
    csrf = page.evaluate("fetch('/instore/data/me/').then(a => a.json()).then(me => me.csrf)")
    said = {"kind": "package", "id": second, "slug": "ready-for-packaging", "input": {}, "key": "the same"}
    twice = """([csrf, said]) => Promise.all([1, 2].map(() => fetch("/instore/data/command/", {
        method: "POST", headers: {"Content-Type": "application/json", "X-CSRF-Token": csrf},
        body: JSON.stringify(said)}).then(answer => answer.status)))"""
    assert page.evaluate(twice, [csrf, said]) == [200, 200]
    assert commands(site, second) == ["start-preparing", "ready-for-packaging"]


def test_what_is_refused_on_coming_back_is_shown_and_the_rest_is_not_sent(
    site: Site, window: Window, line: Relay, clerk: str
) -> None:
    package, other = site.package(HERE), site.package(HERE)
    page = window(clerk, f"/instore/packages/{package}/", url=line.url)
    expect(page.locator("#next")).to_have_text("Start picking")
    line.become("cut")
    look(page)
    page.locator("#next").click()
    expect(page.locator("#status")).to_have_text("No connection – 1 to send")
    for check in page.locator(".check").all():
        check.click()
    page.get_by_role("button", name="All picked").click()
    expect(page.locator("#status")).to_have_text("No connection – 2 to send")
    assert site.admin.command(package, "cancel-package", replan=False).status_code == 204
    assert site.admin.command(other, "start-preparing").status_code == 204
    line.become("open")
    look(page)
    failed = page.locator("[data-failed]")
    expect(failed.nth(0)).to_contain_text(f"{number(site, package)}: Start picking was refused.")
    expect(failed.nth(0)).to_contain_text("is cancelled (1000)")
    expect(failed.nth(1)).to_contain_text(f"{number(site, package)}: All picked was not sent")
    expect(page.locator(".heading .badge")).to_have_text("Cancelled")
    fits(page, 44)
    for _ in range(2):
        failed.first.get_by_role("button", name="OK").click()
    expect(failed).to_have_count(0)
    assert commands(site, package) == []


def test_signing_out_leaves_nothing_of_customers_behind(site: Site, window: Window, clerk: str) -> None:
    site.package(HERE)
    page = window(clerk, "/instore/")
    expect(page.locator(".tile").first).to_contain_text("Ada Byron")
    kept = "(localStorage.getItem('instore.kept') ?? '').includes('Ada Byron')"
    page.evaluate(f"new Promise(yes => {{ const look = () => {kept} ? yes() : setTimeout(look, 20); look() }})")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/console/sign-in/")
    assert page.evaluate("JSON.stringify({...localStorage})") == "{}"
    kept = "caches.keys().then(all => Promise.all(all.map(name => caches.open(name).then(c => c.keys()))))"
    addresses = page.evaluate(f"{kept}.then(all => all.flat().map(request => new URL(request.url).pathname))")
    assert [one for one in addresses if not one.startswith(("/instore/static/", "/console/static/"))] in (
        [],
        ["/instore/"],
    )
    page.goto("/instore/")
    page.wait_for_url("**/console/sign-in/?next=/instore/")
