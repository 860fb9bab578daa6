"""A package's page and the lists, without a browser: what is shown to whom, commands, refusals, the past."""

import io
import re
from html import unescape
from typing import Any
from zipfile import ZipFile

from tests.api.site import Site
from tests.console.visitor import Visitor, visitor


def form_of(someone: Visitor, path: str, slug: str) -> dict[str, Any]:
    """The hidden fields of a command's form."""
    text = someone.get(path).text
    form = next(one for one in re.findall(r"<form.*?</form>", text, re.DOTALL) if f'value="{slug}"' in one)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def command(site: Site, someone: Visitor, id: int, slug: str, **filled: str) -> Any:
    form = form_of(someone, f"/console/packages/{id}/", slug)
    return someone.post(f"/console/packages/{id}/command/", {**form, **filled})


def state_of(site: Site, id: int) -> str:
    return site.admin.get(f"packages/{id}/")["state"]["enum_value"]


def test_a_command_of_the_page(site: Site) -> None:
    """It runs once however often it is sent, and is in the audit of requests as any other."""
    id, someone = site.package(), visitor(site)
    form = form_of(someone, f"/console/packages/{id}/", "start-preparing")
    for _ in range(2):
        answer = someone.post(f"/console/packages/{id}/command/", form)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/console/packages/{id}/")
    shown = someone.get(f"/console/packages/{id}/").text
    assert "Done: Start picking." in shown and "Preparing" in shown
    assert "Done: Start picking." not in someone.get(f"/console/packages/{id}/").text  # said once
    history = site.admin.get(f"audit/package/{id}/history/")["results"]
    assert [one["event"] for one in history].count("PackagePreparing") == 1
    audited = site.admin.get(f"settings/audit_events/?content_type=package&object_id={id}")["results"]
    assert {(one["user"], one["status_code"], one["url"]) for one in audited} == {
        ("admin", 204, f"/api/v1/oms/packages/{id}/command/")
    }


def test_a_stale_page_commands_nothing(site: Site) -> None:
    id, someone = site.package(), visitor(site)
    form = form_of(someone, f"/console/packages/{id}/", "start-preparing")
    assert site.admin.command(id, "block-package", reason="look").status_code == 204
    answer = someone.post(f"/console/packages/{id}/command/", form)
    assert answer.status_code == 412 and "Somebody did something meanwhile" in answer.text
    assert state_of(site, id) == "300"


def test_input_is_taken_from_the_forms_and_refusals_are_told(site: Site) -> None:
    id, someone = site.package(), visitor(site)
    refused = command(site, someone, id, "package-refuse-with-denial-reason", denial_reason="")
    assert refused.status_code == 400 and 'role="alert"' in refused.text
    assert '<details class="command" open>' in refused.text  # the form that was tried stands open
    item = site.admin.get(f"packages/{id}/")["packageitem_set"][0]["id"]
    done = command(
        site,
        someone,
        id,
        "product-not-found-advanced",
        **{
            f"package_items.{item}": "on",
            f"package_items.{item}.quantity": "2",
            f"package_items.{item}.reason": "defective",
        },
    )
    assert done.status_code == 303, unescape(done.text)
    left = {one["id"]: one["quantity"] for one in site.admin.get(f"packages/{id}/")["packageitem_set"]}
    assert left[item] == 4
    done = command(site, someone, id, "cancel-package", reason="by the test")  # `replan` is not ticked
    assert done.status_code == 303
    event = site.admin.get(f"audit/package/{id}/history/")["results"][-1]
    assert event["command"] == "cancel-package" and "by the test" in str(event["data"])


def test_the_page_as_it_was(site: Site) -> None:
    id, someone = site.package(), visitor(site)
    for slug in ("start-preparing", "ready-for-packaging"):
        assert site.admin.command(id, slug).status_code == 204
    history = site.admin.get(f"audit/package/{id}/history/")["results"]
    for one in history[:-1]:
        then = site.admin.get(f"audit/package/{id}/?version={one['version']}")
        for query in (f"version={one['version']}", f"version={one['version']}&part=then"):
            shown = someone.get(f"/console/packages/{id}/?{query}").text
            head = shown[shown.index('id="then-head"') :][:600]
            assert f">{then['state']['name']}</span>" in head
            assert "As it was at" in shown
    shown = someone.get(f"/console/packages/{id}/").text
    assert "As it was at" not in shown
    assert "then preparing at" in shown and "there it is now" in shown  # the picture in words
    assert someone.get(f"/console/packages/{id}/?version=abc").status_code == 200


def test_who_may_not_command_gets_no_buttons(site: Site) -> None:
    id = site.package()
    for role in ("viewer", "support"):
        site.user(f"c-{role}", role)
        someone = visitor(site, f"c-{role}")
        shown = someone.get(f"/console/packages/{id}/")
        assert shown.status_code == 200 and "What may be done now" not in shown.text
        assert ("What happened" in shown.text) == (role == "support")
        csrf = someone.token("/console/")
        answer = someone.post(f"/console/packages/{id}/command/", {"csrf": csrf, "slug": "start-preparing"})
        assert answer.status_code == 403 and state_of(site, id) == "100"


def test_a_store_sees_its_own(site: Site) -> None:
    mine, other = site.package("ST-014"), site.package("WH-01")
    site.user("c-store", "store", site.places["ST-014"])
    someone = visitor(site, "c-store")
    assert someone.get(f"/console/packages/{other}/").status_code == 404
    assert f"/console/packages/{other}/" not in someone.get("/console/packages/?sort=-id").text
    assert command(site, someone, mine, "start-preparing").status_code == 303
    for path in ("/console/webhooks/", "/console/search/?q=x", "/console/users/"):
        assert someone.get(path).status_code == 403, path
    nav = someone.get("/console/").text
    assert "/console/packages/" in nav and "/console/webhooks/" not in nav


def test_lists_have_every_filter_of_the_api(site: Site) -> None:
    from api.http.lists import parameters

    someone = visitor(site)
    for path, name in (("packages", "packages"), ("orders", "orders"), ("transfers", "transfer_orders")):
        shown = someone.get(f"/console/{path}/").text
        paging = {"page", "limit", "page_size", "sort", "ordering", "format", "position__gt"}
        missing = [one for one in parameters(name) if one not in paging and f'name="{one}"' not in shown]
        assert missing == []
    wrong = someone.get("/console/packages/?created_date__gte=yesterday")
    assert wrong.status_code == 400 and 'class="wrong"' in wrong.text
    site.package()
    table = someone.get("/console/packages/?format=csv&limit=1")
    assert table.headers["Content-Type"].startswith("text/csv") and table.text.startswith("id,number")
    first = someone.get("/console/packages/?limit=1").text
    after = unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])  # type: ignore[index] # there is one: two packages
    assert someone.get(after).status_code == 200 and after.startswith("/console/packages/?")


def test_searching(site: Site) -> None:
    order = site.order()
    id, someone = site.plan(order), visitor(site)
    number = site.admin.get(f"packages/{id}/")["number"]
    assert someone.get(f"/console/search/?q={number}").headers["Location"] == f"/console/packages/{id}/"
    assert someone.get(f"/console/search/?q= {number.lower()} ").headers["Location"] == f"/console/packages/{id}/"
    assert someone.get(f"/console/search/?q={order['number']}").headers["Location"] == f"/console/orders/{order['id']}/"
    assert "Nothing is known" in someone.get("/console/search/?q=nothing-at-all").text
    many = someone.get("/console/search/?q=A").text
    assert many.count("/console/packages/") > 2 and number in many
    odd = someone.get("/console/search/")
    assert odd.status_code == 200
    hostile = someone.get("/console/search/?q=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in hostile


def test_packages_that_were_cancelled_are_no_parcels_of_the_order(site: Site) -> None:
    order = site.order()
    first = site.plan(order)
    assert site.admin.command(first, "cancel-package", replan=True).status_code == 204
    site.plan(order)
    shown = visitor(site).get(f"/console/orders/{order['id']}/").text
    assert 'Its package <span class="soft">and 1 that is cancelled</span>' in shown


def test_a_case_file_is_handed_out_without_names_unless_asked(site: Site) -> None:
    order = site.order()
    package, someone = site.plan(order), visitor(site)
    assert site.admin.command(package, "start-preparing").status_code == 204
    path = f"/console/orders/{order['id']}/case"
    assert f'href="{path}"' in someone.get(f"/console/orders/{order['id']}/").text
    for query, named in (("", False), ("?whole=1", True)):
        answer = someone.get(path + query)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="order-{order["id"]}.zip"'
        with ZipFile(io.BytesIO(answer.content)) as file:
            text = "".join(file.read(name).decode() for name in file.namelist())
        assert (order["customer"]["email"] in text) == named
    for page in (f"packages/{package}", f"orders/{order['id']}"):
        assert "POST from 127.0.0.1" in someone.get(f"/console/{page}/").text
    site.user("c-case", "viewer")
    assert visitor(site, "c-case").get(path).status_code == 403
