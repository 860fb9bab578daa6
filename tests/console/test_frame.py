"""The frame of every page: sessions, tokens of forms, headers, static files, errors for people."""

import re

import pytest
from flask import Flask, Response, request

from api.console import session
from api.console.frame import PAGES
from api.console.headers import harden
from tests.api.site import PASSWORD, Site
from tests.console.visitor import Visitor, visitor

INLINE = re.compile(
    r"<script(?![^>]* src=\"/)|<style|\sstyle=|\son\w+=\"|javascript:|https?://(?!www\.w3\.org|127\.0\.0\.1)"
)

READ = [one for one in PAGES if "GET" in one.methods and one.signed_in]


def address(path: str) -> str:
    return re.sub(r"<int:\w+>", "987654321", re.sub(r"<(?!int:)(?:\w+:)?\w+>", "x", path))


def test_signing_in_and_out(site: Site) -> None:
    someone = Visitor(site)
    assert someone.get("/").headers["Location"] == "/console/"
    asked = someone.get("/console/?x=1")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/console/sign-in/?next=/console/%3Fx%3D1")
    wrong = someone.sign_in("admin", "wrong")
    assert wrong.status_code == 400 and "Wrong name or password." in wrong.text and "daybook=" not in str(wrong.headers)
    came = someone.sign_in("admin", next="/console/?x=1")
    assert (came.status_code, came.headers["Location"]) == (303, "/console/?x=1")
    cookie = came.headers["Set-Cookie"]
    assert all(part in cookie for part in ("daybook=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"))
    assert "Secure" not in cookie  # plain http
    assert someone.get("/console/").status_code == 200
    key = someone.session.cookies["daybook"]
    out = someone.post("/console/sign-out/", {"csrf": someone.token("/console/")})
    assert (out.status_code, out.headers["Location"]) == (303, "/console/sign-in/")
    someone.session.cookies.set("daybook", key)  # kept by somebody: worth nothing
    assert someone.get("/console/").status_code == 303


def test_where_https_is_the_cookie_is_secure(site: Site) -> None:
    """Behind a proxy that says so; here the test client does."""
    app = Flask("https")
    with app.test_request_context("/console/", base_url="https://oms.example.org"):
        response = Response()
        session.begin(request, response, "k")
        harden(request, response)
        assert "__Host-daybook=k; Secure; HttpOnly; Path=/; SameSite=Lax" in re.sub(
            r" (Expires|Max-Age)=[^;]*;", "", response.headers.getlist("Set-Cookie")[0]
        )
        assert response.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/console/../x", "/docs"]
)
def test_signing_in_leads_to_our_own_pages_only(site: Site, next: str) -> None:
    assert Visitor(site).sign_in("admin", next=next).headers["Location"] == "/console/"


def test_no_form_without_its_token(site: Site) -> None:
    someone = visitor(site)
    good = someone.token("/console/")
    for form, headers in (
        ({}, {}),
        ({"csrf": "0" * 64}, {}),
        ({"csrf": visitor(site).token("/console/")}, {}),  # of another session
        ({"csrf": good}, {"Sec_Fetch_Site": "cross-site"}),
    ):
        answer = someone.post("/console/sign-out/", form, **headers)
        assert answer.status_code == 403 and "no longer good" in answer.text
    assert someone.get("/console/").status_code == 200
    stranger = Visitor(site)
    answer = stranger.post("/console/sign-in/", {"username": "admin", "password": PASSWORD})
    assert answer.status_code == 403


def test_every_write_asks_for_the_token(site: Site) -> None:
    someone = visitor(site)
    head = site.log.head().position
    for one in PAGES:
        if "POST" in one.methods:
            assert someone.post(address(one.path), {}).status_code == 403, one.path
    assert site.log.head().position == head


def test_nobody_sees_a_page_unsigned(site: Site) -> None:
    someone = Visitor(site)
    for one in READ:
        answer = someone.get(address(one.path))
        assert answer.status_code == 303, one.path
        assert answer.headers["Location"].startswith("/console/sign-in/?next="), one.path


def test_every_page_has_the_headers_and_nothing_inline(site: Site) -> None:
    someone = visitor(site)
    for one in READ:
        answer = someone.get(address(one.path))
        assert answer.status_code in (200, 404), f"{one.path}: {answer.text}"
        said = answer.headers
        policy = said["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert said["X-Content-Type-Options"] == "nosniff" and said["X-Frame-Options"] == "DENY"
        assert said["Cache-Control"] == "no-store" and said["Referrer-Policy"] == "same-origin"
        kind = "application/json" if one.path.startswith("/instore/data/") else "text/html"
        assert said["Content-Type"].startswith(kind), one.path
        assert not INLINE.search(answer.text), one.path


def test_static_files_stay_with_the_browser(site: Site) -> None:
    someone = Visitor(site)
    address = re.search(r'href="(/console/static/[0-9a-f]{16}/console\.css)"', someone.get("/console/sign-in/").text)
    assert address is not None
    answer = someone.get(address[1])
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert someone.get(address[1], **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    stale = someone.get(re.sub("[0-9a-f]{16}", "0" * 16, address[1]))
    assert stale.status_code == 200 and "immutable" not in stale.headers["Cache-Control"]
    for name in ("nothing.css", "..%2f..%2fframe.py", "%00"):
        assert someone.get(f"/console/static/0/{name}").status_code == 404


def test_what_goes_wrong_is_told_to_people(site: Site) -> None:
    someone = visitor(site)
    for path, status in (("/console/nowhere/", 404), ("/console/sign-out/", 405)):
        answer = someone.get(path)
        assert answer.status_code == status and answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Traceback" not in answer.text and 'role="alert"' in answer.text
    assert site.nobody("GET", "nowhere/").headers["Content-Type"] == "application/json"


def test_the_navigation_says_where_one_is(site: Site) -> None:
    someone = visitor(site)
    for path, title in (
        ("/console/", "Today"),
        ("/console/packages/?limit=1", "Packages"),
        ("/console/transfer_orders/987654321/", "Transfers"),
        ("/console/what-if/", "Scenarios"),
        ("/console/sla/packages/", "Times"),
    ):
        assert re.findall(r'aria-current="page">([^<]+)<', someone.get(path).text) == [title], path
