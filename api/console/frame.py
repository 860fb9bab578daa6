"""How a page comes to be: who is signed in, the token of its forms, its template, what stands around it, its errors.

A page is declared by `page(...)`; its function is given a Visit and asks the API (`visit.api`) for what it shows. So
roles, locations and audit are the API's. Instore's pages are declared in the same way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, redirect, request

from api.console import session
from api.console.inside import Inside, Refused
from api.console.rendering import render
from api.http.errors import Failure
from api.http.replica import Reads
from api.http.routes import Services
from api.http.users import NOBODY, Caller, Users
from projections.schema import FOLLOWER

SIGN_IN = "/console/sign-in/"
PREFIXES = ("/console/", "/instore/")
"""Where pages stand: what goes wrong there is told to people."""
PATIENCE = 2.0
"""Seconds for which a browser that has written waits for the read models."""


@dataclass(frozen=True)
class Visit:
    """A request for a page. `csrf`: the token of its forms."""

    api: Inside
    caller: Caller
    csrf: str
    services: Services

    @property
    def query(self) -> Mapping[str, str]:
        return request.args

    @property
    def form(self) -> Mapping[str, str]:
        return request.form

    def show(self, template: str, status: int = 200, **context: Any) -> Response:
        """The template as the answer."""
        said = session.noted(request, self.services.secret_key)
        response = html(render(template, visit=self, nav=current(self), noted=said, **context), status)
        if said:
            session.forget_note(request, response)
        return response


PageFunction = Callable[..., Response]
F = TypeVar("F", bound=PageFunction)


@dataclass(frozen=True)
class Page:
    path: str
    function: PageFunction
    methods: tuple[str, ...]
    signed_in: bool


@dataclass(frozen=True)
class Link:
    """An entry of the navigation, shown to whom the API answers at `asks`; the lower its `place`, the earlier. `under`:
    where its other pages stand."""

    title: str
    path: str
    asks: str
    place: int
    area: str = "console"
    under: tuple[str, ...] = ()


PAGES: list[Page] = []
NAVIGATION: list[Link] = []


def page(path: str, *, methods: tuple[str, ...] = ("GET",), signed_in: bool = True) -> Callable[[F], F]:
    """Declares `function(visit, **path)`, which gives a Response, as this page. A POST that comes to it carries the
    token of its form: else it was refused before."""

    def declare(function: F) -> F:
        PAGES.append(Page(path, function, methods, signed_in))
        return function

    return declare


def mount(app: Flask) -> None:
    """Every declared page, and `/`."""
    for one in PAGES:
        name = f"page {one.function.__module__}.{one.function.__name__} {one.path}"
        app.add_url_rule(one.path, name, _wrapped(one), methods=list(one.methods))
    app.add_url_rule("/", "page /", lambda: redirect("/console/", 302), methods=["GET"])


def is_page(path: str) -> bool:
    return path.startswith(PREFIXES) or f"{path}/" in PREFIXES


def failed(status: int, error: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """What went wrong, for people: a sentence, what may be done, and the id that the log knows it by."""
    if status == 401:
        return _to_sign_in()
    try:
        visit = _visit(session.key_of(request))
    except Exception:  # the database is away, perhaps: the page says so, and to whom does not matter
        visit = _visit(None)
    said = Refused(status, error, headers)
    title = _TITLES.get(status, "This did not work")
    content = render("error.html", visit=visit, nav=current(visit), noted="", status=status, title=title, refused=said)
    response = html(content, status)
    if "Retry-After" in headers:
        response.headers["Retry-After"] = headers["Retry-After"]
    return response


_TITLES = {
    400: "This could not be read",
    403: "This is not yours to see",
    404: "There is nothing here",
    405: "This page takes no such request",
    412: "It has moved on meanwhile",
    413: "Too much at once",
    429: "Too many tries",
    500: "Something went wrong here",
    503: "One moment, please",
}


def html(content: str, status: int = 200) -> Response:
    return Response(content, status, content_type="text/html; charset=utf-8")


def back(path: str) -> Response:
    """After a write: the browser loads the page anew, so that reloading sends nothing twice."""
    return Response(status=303, headers={"Location": path})


def say(visit: Visit, response: Response, text: str, bad: bool = False) -> Response:
    """A sentence that the next page shows, once."""
    session.note(request, response, visit.services.secret_key, ("!" if bad else "") + text)
    return response


def own_path(text: str, otherwise: str) -> str:
    """`text` where it is a path of a page of ours, not another site's address."""
    parts = urlsplit(text)
    plain = not parts.scheme and not parts.netloc and is_page(parts.path) and "\\" not in text
    return text if plain and text.isprintable() and ".." not in parts.path else otherwise


def current(visit: Visit) -> list[dict[str, Any]]:
    """The navigation as this user has it."""
    if visit.caller is NOBODY:
        return []
    area = "instore" if request.path.startswith("/instore") else "console"
    return [
        {"title": one.title, "path": one.path, "here": _here(one)}
        for one in sorted(NAVIGATION, key=lambda link: link.place)
        if one.area == area and visit.api.may("GET", one.asks)
    ]


def _here(link: Link) -> bool:
    if link.path == "/console/":
        return request.path == link.path
    return request.path.startswith((link.path, *link.under))


def _wrapped(one: Page) -> Callable[..., Response]:
    def view(**path: Any) -> Response:
        key = session.key_of(request)
        visit = _visit(key)
        if one.signed_in and visit.caller is NOBODY:
            if request.method == "GET":
                return _to_sign_in()
            raise Failure(401, "unauthorized", "The session has ended; sign in again.")
        if request.method not in ("GET", "HEAD") and one.signed_in:
            session.check(request, visit.services.secret_key, key or "")
        try:
            response = one.function(visit, **path)
            if response.status_code == 303:
                _shown_next(visit)
            return response
        except Refused as refused:
            unknown = refused.status == 406 and request.method == "GET"  # how webhooks say that there is none (spec 4)
            return failed(404 if unknown else refused.status, refused.error, refused.headers)

    return view


def _shown_next(visit: Visit) -> None:
    """The page that the browser loads after a write shows what was written, lists too."""
    written = visit.api.minimum.get("X-OMS-Min-Position")
    if written is not None:
        visit.services.log.wait_for([FOLLOWER], int(written), PATIENCE)
        Reads(visit.services.pool, visit.services.replica).come_to(int(written))


def _visit(key: str | None) -> Visit:
    services: Services = current_app.extensions["services"]
    users: Users = current_app.extensions["users"]
    caller = (users.caller(key) if key else None) or NOBODY
    known = key if caller is not NOBODY else None
    csrf = session.token(services.secret_key, known) if known else ""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # the proxy's own way to what it stands for
    return Visit(Inside(app, known, caller), caller, csrf, services)


def _to_sign_in() -> Response:
    where = request.full_path.rstrip("?") if request.method == "GET" else "/console/"
    return back(f"{SIGN_IN}?next={quote(where, safe='/')}")
