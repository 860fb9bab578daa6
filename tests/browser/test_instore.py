"""Stories of a shop's staff (spec 6.5), in chromium, on a phone and at a counter."""

from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from domain.kinds import stream_of
from domain.personal import Personal
from domain.picking_up import code_made
from domain.pickup import digest_of_code
from domain.planning import Leg
from tests.api.site import Site
from tests.browser.conftest import DESKTOP, PHONE, Window
from tests.browser.judging import fits
from tests.console.visitor import visitor

THUMB = 44
STAFF = ("clerk", "keeper", "picker", "walker")
HERE, ELSEWHERE = "ST-014", "WH-01"


@pytest.fixture(scope="module")
def clerk(site: Site) -> str:
    site.user("clerk", "store", site.places[HERE])
    site.user("keeper", "store", site.places[ELSEWHERE])
    return "clerk"


def commands(site: Site, package: int) -> list[str]:
    """What staff commanded of the package's order, a slug per command, as the log has it."""
    order = site.admin.get(f"packages/{package}/")["order_id"]
    events = [e for e in site.log.events(stream_of("order", order)) if e.actor in STAFF]
    return [slug for slug in {event.command_id: event.command for event in events}.values() if slug]


def number(site: Site, package: int) -> str:
    return str(site.admin.get(f"packages/{package}/")["number"])


def is_now(page: Page, state: str) -> None:
    expect(page.locator(".heading .badge")).to_have_text(state)


def look(page: Page) -> None:
    """For news at once, as when the network is back: the tests need not wait for the next look."""
    page.evaluate("dispatchEvent(new Event('online'))")


def sends(page: Page) -> AbstractContextManager[Any]:
    """The block ends when a command that it gives has been answered: the page shows what will be before that."""
    return page.expect_response("**/instore/data/command/")


def type_code(page: Page, code: str) -> None:
    """As a scanner does, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_clerk_packs_misses_an_item_and_hands_over_with_a_code(
    site: Site, window: Window, clerk: str, device: dict[str, Any]
) -> None:
    site.admin("POST", "settings/application_settings/", {"key": "IS_OTP_ENABLED", "json_value": True})
    order = site.order(delivery_type="store_pickup", retail_store=HERE)
    package = site.plan(order, HERE)
    stream = stream_of("order", order["id"])
    page = window(clerk, "/instore/", device)
    expect(page.locator(f"#tile-package-{package}")).to_be_visible()
    fits(page, THUMB)
    page.locator(f"#tile-package-{package}").click()
    expect(page.locator("#next")).to_have_text("Start picking")
    page.locator("#next").dblclick()  # a double click is one press
    is_now(page, "Preparing")
    row_a, row_b = page.locator("[data-sku=A]"), page.locator("[data-sku=B]")
    row_a.get_by_role("button", name="All of THING checked").click()
    row_b.get_by_role("button", name="One more of THING").click()
    expect(page.locator("main h2")).to_contain_text("7 of 8 checked")
    fits(page, THUMB)
    page.locator("#next").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 × THING (B)")
    page.keyboard.press("Escape")  # back, by keyboard
    expect(page.locator("#next")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Report them missing").click()
    fits(page, THUMB)
    page.get_by_label("Reason: THING").select_option("defective")
    page.get_by_role("button", name="Report; the rest goes on").click()
    expect(page.locator("main h2")).to_contain_text("7 of 7 checked")
    page.locator("#next").click()
    is_now(page, "Ready for packaging")
    for row in (row_a, row_b):
        row.get_by_role("button", name="All of THING checked").click()
    page.locator("#next").click()
    is_now(page, "Packed")
    with page.expect_popup() as paper:
        page.get_by_role("link", name="Print document").click()
    assert paper.value.request.get(f"/instore/paper/package/{package}/").body().startswith(b"%PDF")
    paper.value.close()
    page.locator("#next").click()
    is_now(page, "Ready for pickup")
    site.log.decide(
        stream,
        lambda o, given: code_made(o, package, digest_of_code("123456", "s"), "s", Personal("key", "sealed"), given),
        actor="test",
        command="code",
    )
    page.locator("#next").click()
    page.get_by_label("Code of the customer").fill("654321")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Wrong code; 4 tries left.")
    fits(page, THUMB)
    page.get_by_label("Code of the customer").fill("123456")
    page.keyboard.press("Enter")
    is_now(page, "Delivered")
    assert commands(site, package) == [
        "start-preparing",
        "product-not-found-advanced",
        "ready-for-packaging",
        "complete-packaging-without-shipment",
        "ready-for-pickup",
        "deliver-to-customer",  # the wrong code, which counts
        "deliver-to-customer",
    ]


def test_the_scanner_finds_and_counts(site: Site, window: Window, clerk: str) -> None:
    item = {"name": "MUG", "price": "1.00", "tax_rate": "0.00", "discount_amount": "0.00", "attributes": {"size": "M"}}
    items = [{"omnitron_id": 901, "sku": "MUG-1", "barcode": "5012345678900", "quantity": 2, **item}]
    site.stock(site.places[HERE], "MUG-1")
    package = site.plan(site.order(items=items), HERE)
    other = site.package(HERE)
    page = window(clerk, "/instore/")
    expect(page.locator(f"#tile-package-{package}")).to_be_visible()
    type_code(page, number(site, package).lower())
    expect(page.locator("h1")).to_have_text(number(site, package))
    page.locator("#next").click()
    is_now(page, "Preparing")
    expect(page.locator(".goods")).to_contain_text("MUG-1 · 5012345678900 · M")
    type_code(page, "5012345678900")
    expect(page.locator("main h2")).to_contain_text("1 of 2 checked")
    type_code(page, "mug-1")
    expect(page.locator("main h2")).to_contain_text("2 of 2 checked")
    expect(page.locator("#spoken")).to_have_text("MUG: 2 of 2")
    type_code(page, "5012345678900")
    expect(page.locator("#scanned")).to_have_text("MUG: all 2 are checked already.")
    type_code(page, "4006381333931")
    expect(page.locator("#scanned")).to_have_text("Nothing here has the code 4006381333931.")
    assert site.admin.command(package, "ready-for-packaging").status_code == 204
    site.caught_up()
    look(page)
    is_now(page, "Ready for packaging")  # without a reload
    page.get_by_role("button", name="All of MUG checked").click()
    page.get_by_role("button", name="Serial number and weight: MUG").click()
    page.get_by_label("Serial number", exact=True).fill("SN-7")
    page.get_by_label("Weight in kg").fill("heavy")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="A number of kilograms")).to_be_visible()
    page.get_by_label("Weight in kg").fill("0,4")
    fits(page, THUMB)
    page.keyboard.press("Enter")
    expect(page.locator("[data-sku=MUG-1]")).to_contain_text("Serial number SN-7 · 0.4 kg")
    page.get_by_role("button", name="One parcel more").click()
    page.get_by_role("button", name="Weigh", exact=True).click()
    page.get_by_label("Parcel 2: weight in kg").fill("1.25")
    page.get_by_role("button", name="Keep").click()
    with sends(page):
        page.locator("#next").click()
    is_now(page, "Packed")
    shown = site.admin.get(f"packages/{package}/")
    [item] = shown["packageitem_set"]
    assert (item["selected_barcode"], item["serial_no"], item["unit_weight"]) == ("5012345678900", "SN-7", "0.4")
    assert [one["weight"] for one in shown["shipment"]["parcels"]] == [None, "1.25"]
    assert page.evaluate(f"localStorage.getItem('instore.told.{package}')") is None
    told = site.admin.command(package, "update-shipment-info", cargo_company="fast", tracking_number="AWB-77")
    assert told.status_code == 204
    site.caught_up()
    page.locator("#tab-packages").click()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Order number").fill(number(site, other).partition("P")[0])
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".tile")).to_have_count(1)
    fits(page, THUMB)
    type_code(page, "AWB-77")
    expect(page.locator("h1")).to_have_text(number(site, package))
    expect(page.get_by_role("link", name="Print label")).to_be_visible()


def test_what_is_sent_is_counted_where_it_arrives(site: Site, window: Window, clerk: str) -> None:
    order = site.order()
    six, two = (item["id"] for item in order["orderitem_set"])
    legs = tuple(Leg(site.places[ELSEWHERE], (line,)) for line in ((six, 6), (two, 2)))
    package = site.plan(order, HERE, legs=legs)
    transfer, whole = site.admin.get(f"packages/{package}/")["transfer_orders"]
    sent = site.admin("POST", f"transfer_orders/{whole}/command/", {"slug": "transfer-dispatch"})
    assert sent.status_code == 204
    keeper = window("keeper", "/instore/dispatch/", PHONE)
    keeper.locator(f"#tile-transfer-{transfer}").click()
    keeper.locator(".check").click()
    keeper.locator("#next").click()
    is_now(keeper, "Ready to shipment")
    keeper.locator(".check").click()
    keeper.locator("#next").click()
    is_now(keeper, "In transit")
    fits(keeper, THUMB)
    page = window(clerk, "/instore/expected/", PHONE)
    page.locator(f"#tile-transfer-{transfer}").click()
    page.get_by_role("button", name="All arrived as written").click()
    page.get_by_role("button", name="One less of THING").click()
    expect(page.locator("main h2")).to_contain_text("5 of 6 arrived")
    page.locator("#next").click()
    fits(page, THUMB)
    page.get_by_role("button", name="Received with these missing").click()
    is_now(page, "Transferred")
    page.locator("#back").click()
    page.locator(f"#tile-transfer-{whole}").click()
    page.get_by_role("button", name="All arrived as written").click()
    with sends(page):
        page.locator("#next").click()
    is_now(page, "Transferred")  # all of it: nothing more is asked
    done = ["transfer-ready-for-dispatch", "transfer-dispatch", "transfer-delivered", "transfer-delivered"]
    assert commands(site, package) == done
    site.caught_up()
    [lost] = site.admin.get(f"inventory-discrepancies/?transfer_order={transfer}")["results"]
    assert (lost["quantity"], lost["reason"]) == (1, "lost")


def test_a_pick_list_of_several_packages(site: Site, window: Window, clerk: str) -> None:
    site.user("picker", "store", site.places["WH-01"])
    packages = [site.package(ELSEWHERE) for _ in range(3)]
    page = window("picker", "/instore/pick/", PHONE)
    page.get_by_text("Which packages").click()
    waiting = page.locator(".ticks li")
    expect(waiting.filter(has_text=number(site, packages[2]))).to_be_visible()
    fits(page, THUMB)
    for label in waiting.locator("label").all():
        if number(site, packages[0]) not in (text := label.inner_text()) and number(site, packages[1]) not in text:
            label.click()
    expect(page.locator("[data-sku=A] .of")).to_have_text("0 / 12")
    expect(page.locator("[data-sku=B]")).to_contain_text(f"{number(site, packages[1])} × 2")
    page.get_by_role("button", name="Start picking (2)").click()
    expect(page.locator("#status")).to_have_text("Live")
    for sku in ("A", "B"):
        page.locator(f"[data-sku={sku}] .check").click()
    page.get_by_role("button", name="Picked (2)").click()
    expect(page.locator(".ticks li")).to_have_count(1)
    expect(page.locator("#status")).to_have_text("Live")  # all is sent
    assert [commands(site, one) for one in packages] == [["start-preparing", "ready-for-packaging"]] * 2 + [[]]
    page.emulate_media(media="print")
    expect(page.locator(".head")).to_be_hidden()
    expect(page.locator(".on-paper")).to_be_visible()


def test_another_locations_things_are_not_found(site: Site, window: Window, clerk: str) -> None:
    hidden, own = site.package(ELSEWHERE), site.package(HERE)
    someone = visitor(site, clerk)
    assert someone.get(f"/instore/packages/{hidden}/").status_code == 404
    assert someone.get(f"/instore/data/one/package/{hidden}/").status_code == 404
    assert someone.get(f"/instore/paper/package/{hidden}/").status_code == 404
    assert someone.get(f"/instore/data/list/packages/?at={ELSEWHERE}").json()["objects"] == []
    assert someone.get(f"/instore/data/found/?at={ELSEWHERE}&code={number(site, hidden)}").json()["objects"] == []
    said = {"kind": "package", "id": hidden, "slug": "start-preparing", "key": "k", "input": {}}
    csrf = someone.get("/instore/data/me/").json()["csrf"]
    refused = someone.session.post(f"{site.url}/instore/data/command/", json=said, headers={"X-CSRF-Token": csrf})
    assert refused.status_code == 404
    assert someone.session.post(f"{site.url}/instore/data/command/", json=said).status_code == 403
    page = window(clerk, f"/instore/packages/{own}/")
    expect(page.locator("h1")).to_have_text(number(site, own))
    page.evaluate(
        f"history.pushState(null, '', '/instore/packages/{hidden}/'); dispatchEvent(new PopStateEvent('popstate'))"
    )
    expect(page.get_by_text("There is nothing here with this number, or it is another location's.")).to_be_visible()


def test_who_works_in_several_places_chooses_one_in_turkish_at_twice_the_size(site: Site, window: Window) -> None:
    site.user("walker", "store", *site.places.values())
    package = site.package(HERE)
    twice = {"viewport": {"width": 320, "height": 400}}  # 640 x 800 at 200 %, and the narrowest of WCAG's reflow
    page = window("walker", "/instore/", twice, locale="tr-TR")
    expect(page.locator("h1")).to_have_text("Nerede çalışıyorsunuz?")
    fits(page, THUMB)
    page.get_by_role("button", name=HERE).click()
    page.locator(f"#tile-package-{package}").click()
    expect(page.get_by_role("button", name="Toplamaya başla")).to_be_visible()
    expect(page.locator(".heading .badge")).to_have_text("Bekliyor")
    fits(page, THUMB)
    page.locator("#wrong").click()
    page.get_by_role("button", name="Paketi reddet").click()
    page.get_by_role("button", name="Paketi reddet").click()
    expect(page.get_by_role("alert").filter(has_text="Birini seçin.")).to_be_visible()
    page.get_by_label("Too busy").check()
    fits(page, THUMB)
    with sends(page):
        page.get_by_role("button", name="Paketi reddet").click()
    expect(page.locator("#status")).to_have_text("Canlı")
    site.caught_up()
    assert site.admin.get(f"packages/{package}/")["state"]["enum_value"] == "910"
