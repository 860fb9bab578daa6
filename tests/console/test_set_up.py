"""The guided set-up at the pages: steps, a file tried and taken in, what is wrong in which row."""

from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from api.jobs.clock import Jobs
from api.setup.work import JOB
from tests.api.site import SECRET, SETTINGS, Site
from tests.console.test_around import send
from tests.console.visitor import Visitor, visitor

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"


def take_in(someone: Visitor, kind: str, data: bytes, *, dry: bool = False) -> Any:
    form = {"csrf": someone.token("/console/set-up/"), "kind": kind, **({"dry_run": "1"} if dry else {})}
    files = {"file": ("the file.csv", data)} if data else None
    address = f"{someone.url}/console/set-up/imports/"
    return someone.session.post(address, data=form, files=files, timeout=30, allow_redirects=False)


def work(site: Site) -> None:
    told = Jobs(site.log, replace(SETTINGS, secret_key=SECRET)).now(JOB, "test")
    assert told is not None and told["error"] is None


def test_each_step_says_how_far_it_is_and_what_brings_it(site: Site) -> None:
    someone = visitor(site)
    shown = someone.get("/console/set-up/").text
    for title in ("Sales channels", "Addresses", "Stock locations", "Carriers", "Reasons", "Orders still open"):
        assert title in shown
    assert send(someone, "/console/set-up/channels/execute/").status_code == 303
    assert "Sales channels: all is there." in someone.get("/console/set-up/").text
    assert send(someone, "/console/set-up/nothing/execute/").status_code == 404


def test_a_file_is_tried_then_taken_in_with_a_report_by_row(site: Site) -> None:
    someone = visitor(site)
    good = b"title,priority\nOf the page,1\nOf <the page>,many\n"
    answer = take_in(someone, "cancellation_reasons", good, dry=True)
    assert answer.status_code == 303
    path = answer.headers["Location"]
    assert 'http-equiv="refresh"' in someone.get(path).text  # it waits for the job
    work(site)
    shown = unescape(someone.get(path).text)
    assert "the_file.csv: 2 rows read. 1 new, 0 changed, 0 there already, 1 wrong. Nothing was written." in shown
    assert '<td class="number">3</td><td>priority</td>' in shown and "refresh" not in shown
    assert "Of the page" not in str(site.admin.get("cancellation-reasons/"))
    path = take_in(someone, "cancellation_reasons", good).headers["Location"]
    work(site)
    assert "1 new, 0 changed, 0 there already, 1 wrong." in someone.get(path).text
    assert "Of the page" in str(site.admin.get("cancellation-reasons/"))


def test_what_is_no_file_is_told_on_the_page_and_a_waiting_one_is_ended(site: Site) -> None:
    someone = visitor(site)
    for kind, data in (("channels", b""), ("nothing", b"name\nx\n"), ("channels", b"\x00\x01")):
        answer = take_in(someone, kind, data)
        assert answer.status_code == 400 and 'role="alert"' in answer.text
    path = take_in(someone, "channels", (SAMPLES / "channels.csv").read_bytes()).headers["Location"]
    id = path.partition("=")[2]
    assert send(someone, f"/console/set-up/imports/{id}/abort/").status_code == 303
    assert "admin ended it." in someone.get(path).text
    assert someone.get("/console/set-up/?import=987654").status_code == 404


def test_who_may_not_set_up_has_no_such_page(site: Site) -> None:
    site.user("of-a-shop", "viewer")
    someone = visitor(site, "of-a-shop")
    assert "/console/set-up/" not in someone.get("/console/").text
    assert someone.get("/console/set-up/").status_code == 403
