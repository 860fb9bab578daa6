"""Application settings at the pages, by role; and how long packages took, told anew when its definition changes."""

import json
import re
from html import unescape

from domain.application_settings import SETTING_KEYS, value_of
from domain.sla import PHASES
from tests.api.site import Site
from tests.console.test_around import send
from tests.console.visitor import Visitor, visitor


def save(someone: Visitor, key: str, value: str) -> int:
    """By the form of its page, at the version that is shown."""
    path = f"/console/settings/{key}/"
    hidden = dict(re.findall(r'type="hidden" name="(id|version)" value="(\d+)"', someone.get(path).text))
    return int(send(someone, path, {**hidden, "value": value}).status_code)


def test_each_kind_of_setting_is_set_and_read(site: Site) -> None:
    someone = visitor(site)
    listed = someone.get("/console/settings/").text
    assert all(f"/console/settings/{key}/" in listed for key in SETTING_KEYS)
    for key, text, value in (
        ("GEOLOCATION_DISCOVERY", "on", True),
        ("GEOLOCATION_DISCOVERY", "off", False),
        ("DISCREPANCY_DAYS", "3", 3),
        ("ORDER_ITEM_QUANTITY_KEY", "pieces", "pieces"),
        ("OTP_SETTINGS", '{"digits": 4}', {"digits": 4, "tries": 5, "minutes": 1440}),
    ):
        assert save(someone, key, text) == 303, key
        assert value_of(site.log.reference, key) == value
    page = someone.get("/console/settings/DISCREPANCY_DAYS/").text
    assert 'value="3"' in page and "Setting DISCREPANCY_DAYS was saved." in page


def test_what_is_wrong_is_told_where_it_stands_and_not_lost(site: Site) -> None:
    someone = visitor(site)
    path = "/console/settings/DISCREPANCY_DAYS/"
    before = value_of(site.log.reference, "DISCREPANCY_DAYS")
    wrong = send(someone, path, {"value": "soon"})
    assert wrong.status_code == 400 and 'role="alert"' in wrong.text and 'value="soon"' in wrong.text
    phases = json.dumps([{"name": "all", "states": ["100", "101"]}], indent=1)
    wrong = send(someone, "/console/settings/SLA_PHASES/", {"value": phases})
    line = next(n for n, row in enumerate(phases.splitlines(), 1) if "101" in row)
    assert wrong.status_code == 400 and f'<a href="#line-{line}">Line {line}</a>' in wrong.text
    assert "<code>[0].states[1]</code>" in wrong.text
    assert "This is no JSON." in send(someone, "/console/settings/SLA_PHASES/", {"value": "[{"}).text
    assert value_of(site.log.reference, "DISCREPANCY_DAYS") == before
    assert value_of(site.log.reference, "SLA_PHASES") == PHASES
    assert someone.get("/console/settings/NOTHING/").status_code == 404


def test_a_setting_that_has_moved_on_is_not_overwritten(site: Site) -> None:
    someone = visitor(site)
    path = "/console/settings/ORDER_ITEM_QUANTITY_KEY/"
    save(someone, "ORDER_ITEM_QUANTITY_KEY", "one")
    stale = dict(re.findall(r'type="hidden" name="(id|version)" value="(\d+)"', someone.get(path).text))
    save(someone, "ORDER_ITEM_QUANTITY_KEY", "two")
    late = send(someone, path, {**stale, "value": "three"})
    assert late.status_code == 400 and "version" in late.text
    assert value_of(site.log.reference, "ORDER_ITEM_QUANTITY_KEY") == "two"
    save(someone, "ORDER_ITEM_QUANTITY_KEY", "quantity")


def test_secrets_are_never_shown_and_stay_when_left_masked(site: Site) -> None:
    someone = visitor(site)
    said = {"provider": "log", "auth": {"request_type": "token", "token": "hush-of-the-page"}}
    assert save(someone, "SMS_SETTINGS", json.dumps(said)) == 303
    page = unescape(someone.get("/console/settings/SMS_SETTINGS/").text)
    assert "hush-of-the-page" not in page and '"********"' in page and "auth.<wbr>token" in page
    kept = value_of(site.log.reference, "SMS_SETTINGS")["auth"]["token"]
    shown = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert shown is not None and save(someone, "SMS_SETTINGS", shown[1]) == 303
    assert value_of(site.log.reference, "SMS_SETTINGS")["auth"]["token"] == kept
    assert save(someone, "SMS_SETTINGS", "null") == 303


def test_support_reads_settings_and_changes_none(site: Site) -> None:
    site.user("s-support", "support")
    someone = visitor(site, "s-support")
    page = someone.get("/console/settings/DISCREPANCY_DAYS/")
    assert page.status_code == 200 and ">Save<" not in page.text and "changed by admins" in page.text
    assert send(someone, "/console/settings/DISCREPANCY_DAYS/", {"value": "9"}).status_code == 403
    site.user("s-planner", "planner")
    planner = visitor(site, "s-planner")
    assert planner.get("/console/settings/").status_code == 403
    assert (
        "/console/settings/" not in planner.get("/console/sla/").text
        and "/console/sla/" in planner.get("/console/").text
    )


def test_times_by_location_and_package_by_package(site: Site) -> None:
    site.package("ST-014")
    id = site.package("ST-014")
    for slug in ("start-preparing", "block-package", "unblock-package"):
        assert site.admin.command(id, slug).status_code == 204
    site.caught_up()
    someone = visitor(site)
    shown = someone.get("/console/sla/?figure=packages&period=day").text
    assert re.search(r'>ST-014</a></th><td class="mono">\d{4}-\d\d-\d\d</td>', shown)
    together = someone.get("/console/sla/?by=none").text
    assert together.count('<th scope="row">') == 1 and '<th scope="row">All</th>' in together
    assert someone.get("/console/sla/?erp_code=X9").status_code == 400
    assert someone.get("/console/sla/?from=2030-01-01").text.count("No package was born") == 1
    number = site.admin.get(f"packages/{id}/")["number"]
    assert number in someone.get("/console/sla/packages/?erp_code=ST-014").text
    [row] = site.admin.get(f"reports/sla/packages/?package={id}")["results"]
    assert row["number"] == number and row["now"] == "preparing"
    own = someone.get(f"/console/packages/{id}/").text
    assert "How long it took" in own and 'preparing <span class="badge blue">now</span>' in own


def test_another_definition_tells_the_past_anew(site: Site) -> None:
    id, someone = site.package("ST-014"), visitor(site)
    assert site.admin.command(id, "start-preparing").status_code == 204
    site.caught_up()
    late = [{"name": "in_the_shop", "states": ["100", "200"], "target_minutes": 1}]
    with site.log.listening() as connection:
        moved = "update state_spans set from_at = from_at - interval '1 hour' where object_id = %s and state = '100'"
        connection.execute(moved, (id,))  # as if it had waited for an hour
    assert "in the shop" not in someone.get("/console/sla/").text
    assert save(someone, "SLA_PHASES", json.dumps(late)) == 303
    shown = someone.get("/console/sla/?erp_code=ST-014").text
    assert "in the shop" in shown and 'href="/console/sla/packages/?phase=in_the_shop&amp;erp_code=ST-014"' in shown
    number = site.admin.get(f"packages/{id}/")["number"]
    found = someone.get("/console/sla/packages/?phase=in_the_shop&erp_code=ST-014").text
    assert number in found and '<span class="badge red">1.0 h' in found
    assert "in the shop" in someone.get(f"/console/packages/{id}/").text
    assert save(someone, "SLA_PHASES", json.dumps(PHASES)) == 303
