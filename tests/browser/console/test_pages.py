"""Each page at a desk, on a phone and at 200 %: nothing that axe finds, nothing too wide, no complaint."""

import re

import pytest
from playwright.sync_api import Browser

from api.console.frame import PAGES
from tests.browser.console.conftest import DESKTOP, LOOKS, PHONE, ZOOMED, person
from tests.browser.console.town import Town
from tests.browser.judging import AXE, too_wide

ALONE = {
    "/console/scenarios/<int:id>/compare/": "?from=1&to=1",
    "/console/transfer-scenarios/<int:id>/compare/": "?from=1&to=1",
    "/console/search/": "?q=R1001",
    "/console/set-up/": "?import=1",
}
PARTS = 4
"""Tests among which the pages are divided: none of them takes long, however busy the machine is."""
FILES = re.compile(r"/(document|label|case)$")


def addresses(town: Town) -> list[str]:
    """Of every page that can be read, with things that are there."""
    admin = town.site.admin
    package = town.packages(town.parcels)[0]["id"]
    event = admin.get("/whisperer/hook_events/?limit=1")["results"][0]["id"]
    chain = admin.get(f"audit/package/{package}/history/")["results"][0]["correlation"]
    ids = {
        "orders": town.parcels["id"],
        "packages": package,
        "transfers": admin.get("transfer_orders/")["results"][0]["id"],
        "plans": admin.get(f"packages/{package}/")["plan"],
        "events": event,
    }
    ids["transfer_orders"] = ids["transfers"]
    found = []
    for one in PAGES:
        if "GET" not in one.methods or FILES.search(one.path) or not one.path.startswith("/console/"):
            continue
        path = re.sub(r"(\w+)/<int:id>", lambda found: f"{found[1]}/{ids.get(found[1], 1)}", one.path)
        found.append(path.replace("<id>", chain).replace("<key>", "SLA_PHASES") + ALONE.get(one.path, ""))
    assert not [path for path in found if "<" in path]
    more = (f"/console/packages/{package}/?version=1", "/console/packages/?created_date__gte=x")
    return list(dict.fromkeys([*found, *more]))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_for_everybody(browser: Browser, town: Town, part: int) -> None:
    """Loaded once, at a desk; then the same page on a phone, in the dark, where only what depends on that is tried."""
    if not town.site.admin.get("transfer_orders/")["count"]:
        town.sends_to_a_shop()
    context, someone = person(browser, town, DESKTOP)
    someone.signs_in("admin")
    context.add_init_script(AXE)
    wrong: list[str] = []
    seen: set[str] = set()
    for path in addresses(town)[part::PARTS]:
        someone.has(DESKTOP, "light")
        answer = someone.page.goto(town.url + path)
        if answer is None or answer.status != (400 if "=x" in path else 200):
            wrong.append(f"{path}: {answer}")
        someone.errors[:] = [said for said in someone.errors if "=x" not in path]  # the browser notes the 400
        someone.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        wrong += someone.sees_wrong(seen=seen)
        someone.has(ZOOMED, "light")
        wrong += [f"{path} at 200 %: {one}" for one in too_wide(someone.page)]
        someone.has(PHONE, "dark")
        wrong += someone.sees_wrong(LOOKS, seen)
    context.close()
    assert wrong == [], "\n".join(wrong)
