"""What people come to the console for, at a desk and with a phone: told by what they see and press, nothing else."""

import re

from playwright.sync_api import expect

from api.simulations.work import replayed
from tests.browser.console.conftest import Person
from tests.browser.console.town import Town
from tests.webhooks.receiver import wait_for


def test_why_did_this_order_come_in_three_parcels(someone: Person, town: Town) -> None:
    someone.signs_in("sue")
    page = someone.page
    page.get_by_role("searchbox", name="Search").fill("R1001")
    page.keyboard.press("Enter")
    why = page.get_by_role("region", name="Why it goes in 3 packages")
    expect(why).to_be_in_viewport()  # without scrolling, on a phone too
    for code in ("WH-01", "ST-014", "ST-020"):
        expect(why.get_by_role("listitem").filter(has_text=f"at {code}")).to_contain_text("of the fewest that together")
    why.get_by_role("link", name="R1001P2").click()
    here = page.get_by_role("heading", level=1)
    expect(here).to_have_text("R1001P2")
    because = page.get_by_role("region", name="Why ")
    expect(because).to_contain_text("1 piece for 1 of the 3 items wanted")
    because.get_by_text("Candidates:").click()
    expect(because.get_by_role("table")).to_contain_text("ST-031")
    code = page.locator("#h-why").inner_text().removeprefix("Why ")
    because.get_by_label("Why not").fill("ST-031")
    because.get_by_role("button", name="Ask").click()
    answer = page.get_by_role("status").filter(has_text="ST-031 was not chosen")
    expect(answer).to_contain_text("It would have been if")
    assert code in ("WH-01", "ST-014", "ST-020")
    assert someone.sees_wrong() == []


def test_the_store_says_it_never_got_it(someone: Person, town: Town) -> None:
    """The goods left the warehouse and did not come: seen, set right, and planned again at once."""
    transfer = town.sends_to_a_shop()
    someone.signs_in("admin")
    page = someone.page
    page.get_by_role("searchbox", name="Search").fill(transfer["number"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(transfer["number"])
    expect(page.get_by_role("list", name="Way of a transfer").locator("[aria-current=step]")).to_have_text("in transit")
    expect(page.get_by_role("region", name="What happened")).to_contain_text("The goods left the source.")
    page.get_by_text("Received…").click()
    form = page.locator("details.command", has_text="Received")
    form.get_by_role("checkbox").check()
    form.get_by_label("Quantity of LAMP").fill("0")
    form.get_by_role("button", name="Received").click()
    expect(page.get_by_role("status")).to_have_text("Done: Received.")
    page.get_by_role("link", name=f"package {transfer['package_number']}").click()
    package = page.get_by_role("region", name="What happened")
    expect(package).to_contain_text("The goods arrived and were counted.")
    wait_for(lambda: len(town.packages({"id": transfer["order"]})) == 2, 60)
    page.get_by_role("link", name=f"Order {transfer['order_number']}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(transfer["order_number"])
    expect(page.get_by_role("region", name="What happened")).to_contain_text("P2 was planned by")
    assert someone.sees_wrong() == []


def test_the_erp_was_down_all_night_send_again(someone: Person, town: Town) -> None:
    missed = town.sleeps()
    [package] = town.packages(missed)
    before = len(town.erp.taken())
    someone.signs_in("admin")
    page = someone.page
    page.get_by_role("link", name="webhooks given up").click()
    row = page.get_by_role("row").filter(has_text=package["number"])
    expect(row).to_contain_text("503")
    page.get_by_role("link", name="Webhooks", exact=True).click()
    expect(page.get_by_role("link", name="Webhooks", exact=True)).to_be_in_viewport()  # on a phone too: where one is
    page.get_by_role("link", name=town.erp.url).click()
    expect(page.get_by_label("From (UTC)")).not_to_have_value("")  # when the first was given up
    page.get_by_label("From (UTC)").fill(package["created_date"][:19])
    page.get_by_role("button", name="Count first").click()
    counted = page.get_by_role("status").locator("strong")
    expect(counted).to_have_text(re.compile(r"^\d+ deliver(y|ies)$"))  # what else was of that second is sent as well
    n = int(counted.inner_text().split()[0])
    assert len(town.erp.taken()) == before  # counted only
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("status")).to_have_text(f"{n} deliveries are sent again, in their order.")
    got = town.erp.wait(before + n, seconds=60)[before:]
    assert ("package.created", package["number"]) in [(one.event["type"], one.payload.get("number")) for one in got]
    page.goto(f"{town.url}/console/packages/{package['id']}/#webhooks")
    expect(page.get_by_role("region", name="Webhooks and what came of them")).to_contain_text("delivered")
    page.get_by_role("button", name="Send package.created again").last.click()  # one of them by hand
    expect(page.get_by_role("status").first).to_have_text("It was sent and answered 200.")
    assert someone.sees_wrong() == []


def test_the_slider_shows_the_package_as_it_was(someone: Person, town: Town) -> None:
    """With the keyboard alone; what may be done is done from the page."""
    order = town.takes(("CUP", 1))
    [package] = town.packages(order)
    someone.signs_in("admin")
    page = someone.goes_to(f"/console/packages/{package['id']}/")
    button = page.get_by_role("button", name="Start picking")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_have_text("Done: Start picking.")
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#then-head .said")).to_contain_text("As it was at")
    expect(page.locator("#then-head .badge").first).to_have_text("Waiting")
    assert "version=1" in page.url
    page.keyboard.press("End")
    expect(page.locator("#then-head .badge").first).to_have_text("Preparing")
    page.get_by_role("button", name="Block").or_(page.get_by_text("Block…")).first.click()
    form = page.locator("details.command", has_text="Block")
    form.get_by_label("Reason").fill("fraud check")
    form.get_by_role("button", name="Block").click()
    expect(page.locator("#then-head .badge").first).to_have_text("Blocked")
    assert someone.sees_wrong() == []


def test_what_would_have_been(someone: Person, town: Town) -> None:
    """A month under a scenario: asked for, waited for; then the charts are seen and named under the page's policy, and
    what a bar says."""
    someone.signs_in("admin")
    page = someone.goes_to("/console/what-if/")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_text("It waits for its turn.")).to_be_visible()
    assert someone.sees_wrong() == []
    replayed(town.site.log, int(page.url.split("/")[-2]))  # as the job does; the page finds out by itself
    for title in ("Packages per order, by day", "Packages per location"):
        expect(page.get_by_role("img", name=title)).to_be_visible()
    bars = page.get_by_role("img", name="Packages per location").locator("rect:has(title)")
    expect(bars.filter(has_text="WH-01 really: ")).to_have_css("fill", "rgb(122, 135, 148)")
    assert bars.count() >= 2 * 3
    assert someone.sees_wrong() == []
