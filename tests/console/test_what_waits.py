"""What waits for people at the pages: discrepancies to count, calls to other systems that failed."""

from html import unescape
from threading import Thread
from uuid import uuid4

from domain.discrepancy import DiscrepancyClosed
from integrations import queue
from integrations.kinds import CALL_KINDS, Caused
from projections.rebuild import ALONE
from tests.api.site import Site
from tests.console.test_around import send
from tests.console.visitor import visitor
from tests.webhooks.receiver import wait_for


def missed(site: Site, package: int) -> int:
    """A piece of it that was not found: the id of its discrepancy."""
    item = site.admin.get(f"packages/{package}/")["packageitem_set"][0]
    row = {"id": item["id"], "quantity": 1, "reason": "not_found"}
    assert site.admin.command(package, "product-not-found", package_items=[row]).status_code == 204
    site.caught_up()
    return int(site.admin.get(f"inventory-discrepancies/?package={package}")["results"][0]["id"])


def failed(site: Site, system: str, subject: str = "", order: int | None = None) -> int:
    """A call that was given up after all its tries."""
    event = site.log.read(limit=1)[0] if order is None else next(iter(site.log.events(f"order-{order}")))
    caused = Caused(subject or f"shipment-{uuid4().hex}", uuid4().hex, system, {"shipment": 1, "company": 1})
    with site.log.listening() as connection:
        queue.add(connection, event, CALL_KINDS["carrier.cancellation"], [caused])
        row, *_ = queue.listed(connection, {"subject": caused.subject})  # the newest first
        connection.execute(
            "update integration_calls set state = 'failed', note = 'no <one>' where id = %s", (row["id"],)
        )
    return int(row["id"])


def state_of(site: Site, call: int) -> str:
    return str(site.admin.get(f"integrations/calls/{call}/")["state"])


def test_a_discrepancy_is_closed_with_a_count(site: Site) -> None:
    packages, someone = [site.package(), site.package()], visitor(site)  # both, before nothing is known to be there
    id, other = (missed(site, one) for one in packages)
    assert '<a class="heap red" href="/console/discrepancies/?open=true">' in someone.get("/console/").text
    shown = someone.get("/console/discrepancies/?open=true").text
    assert f'action="/console/discrepancies/{id}/close/"' in shown and "not found" in shown
    wrong = send(someone, f"/console/discrepancies/{id}/close/", {"counted": "many"})
    assert wrong.status_code == 303 and "It was not closed" in unescape(someone.get("/console/discrepancies/").text)
    where = {"next": "/console/discrepancies/?open=true"}
    done = send(someone, f"/console/discrepancies/{id}/close/", {"counted": "100000", **where})
    assert (done.status_code, done.headers["Location"]) == (303, "/console/discrepancies/?open=true")
    left = someone.get("/console/discrepancies/?open=true").text
    assert "100000 are known there now" in left
    assert f"/{id}/close/" not in left and f"/{other}/close/" in left
    assert send(someone, f"/console/discrepancies/{other}/close/", {"counted": ""}).status_code == 303
    assert site.admin.get(f"inventory-discrepancies/?id={other}")["results"][0]["counted"] is None
    shown = someone.get("/console/discrepancies/").text
    assert "100000 counted" in shown and "nobody counted" in shown


def test_the_next_page_shows_what_was_written_however_far_behind_lists_are(site: Site) -> None:
    id, someone = missed(site, site.package()), visitor(site)
    form = {"csrf": someone.token("/console/"), "counted": "100000"}
    with site.log.listening() as connection, connection.transaction():
        connection.execute(ALONE)  # no batch of the projector is written meanwhile
        closing = Thread(target=someone.post, args=(f"/console/discrepancies/{id}/close/", form))
        closing.start()
        wait_for(lambda: isinstance(site.log.read(site.log.head().position - 1)[0].fact, DiscrepancyClosed))
    closing.join()
    assert f"/{id}/close/" not in someone.get("/console/discrepancies/").text


def test_a_store_closes_its_own_and_who_only_reads_none(site: Site) -> None:
    mine, other = missed(site, site.package("ST-014")), missed(site, site.package("WH-01"))
    site.user("w-store", "store", site.places["ST-014"])
    someone = visitor(site, "w-store")
    shown = someone.get("/console/discrepancies/").text
    assert f"/{mine}/close/" in shown and f"/{other}/close/" not in shown
    assert send(someone, f"/console/discrepancies/{other}/close/").status_code == 404
    site.user("w-viewer", "viewer")
    reader = visitor(site, "w-viewer")
    assert "/close/" not in reader.get("/console/discrepancies/").text
    assert send(reader, f"/console/discrepancies/{mine}/close/").status_code == 403
    for id, code in ((mine, "ST-014"), (other, "WH-01")):
        assert send(visitor(site), f"/console/discrepancies/{id}/close/", {"counted": "100000"}).status_code == 303, (
            code
        )


def test_a_call_is_tried_again_or_given_up(site: Site) -> None:
    id, someone = failed(site, "carrier:of-the-page"), visitor(site)
    assert '<a class="heap red" href="/console/calls/?state=failed">' in someone.get("/console/").text
    listed = someone.get("/console/calls/?state=failed&system=carrier:of-the-page").text
    assert f'href="/console/calls/{id}/"' in listed and "no &lt;one&gt;" in listed and "Try it again" in listed
    page = someone.get(f"/console/calls/{id}/").text
    assert "Cancels a shipment at its carrier." in page and "Try again now" in page
    assert send(someone, f"/console/calls/{id}/retry/").status_code == 303
    assert state_of(site, id) == "waiting"
    assert "is made again" in someone.get(f"/console/calls/{id}/").text
    assert send(someone, f"/console/calls/{id}/drop/", {"reason": ""}).status_code == 303
    assert "It was not given up" in someone.get(f"/console/calls/{id}/").text and state_of(site, id) == "waiting"
    assert send(someone, f"/console/calls/{id}/drop/", {"reason": "done by phone"}).status_code == 303
    assert "done by phone (admin)" in someone.get(f"/console/calls/{id}/").text
    assert send(someone, f"/console/calls/{id}/retry/").status_code == 303  # over: told, not done
    assert "is over" in someone.get(f"/console/calls/{id}/").text and state_of(site, id) == "dropped"


def test_a_package_shows_the_calls_about_it(site: Site) -> None:
    package, other = site.package(), site.package()
    assert site.admin.command(package, "complete-packaging-with-shipment").status_code == 204
    shown = site.admin.get(f"packages/{package}/")
    order, shipment = shown["order_id"], shown["shipment"]["id"]
    mine = [failed(site, "s", subject, order) for subject in (f"package-{package}", f"shipment-{shipment}@1")]
    not_mine = [failed(site, "s", f"shipment-{shipment}1@1", order), failed(site, "s", f"package-{package}", 1 + order)]
    someone = visitor(site)
    page = someone.get(f"/console/packages/{package}/").text
    assert [f'action="/console/calls/{id}/retry/"' in page for id in (*mine, *not_mine)] == [True, True, False, False]
    assert "no &lt;one&gt;" in page
    assert "Calls to other systems" not in someone.get(f"/console/packages/{other}/").text
    assert f"/console/calls/?order={order}" in someone.get(f"/console/orders/{order}/").text
    listed = someone.get(f"/console/calls/?order={order}").text
    assert f"/console/calls/{mine[0]}/" in listed and f"/console/calls/{not_mine[1]}/" not in listed


def test_all_that_failed_in_a_night_is_tried_again_at_once(site: Site) -> None:
    mine, other = [failed(site, "carrier:slept") for _ in range(3)], failed(site, "carrier:another")
    someone = visitor(site)
    assert "Try all 3 again" in someone.get("/console/calls/?state=failed&system=carrier:slept").text
    assert send(someone, "/console/calls/retry/", {"system": "carrier:slept"}).status_code == 303
    assert "3 calls are made again." in someone.get("/console/calls/").text
    assert [state_of(site, id) for id in (*mine, other)] == ["waiting"] * 3 + ["failed"]


def test_support_sees_calls_and_makes_none(site: Site) -> None:
    id = failed(site, "carrier:seen")
    site.user("w-support", "support")
    someone = visitor(site, "w-support")
    for path in ("/console/calls/?state=failed", f"/console/calls/{id}/"):
        assert "/retry/" not in someone.get(path).text
    assert send(someone, f"/console/calls/{id}/retry/").status_code == 403 and state_of(site, id) == "failed"
