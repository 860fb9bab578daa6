"""The shell: one page for all of Instore's addresses, without data, which the browser keeps for when we are away."""

from pathlib import Path
from typing import Any

from flask import Response, request

from api.console.files import StaticFiles
from api.console.frame import Visit, html, page
from api.console.rendering import FILES as CONSOLE_FILES
from api.console.rendering import add_templates, render

HERE = Path(__file__).parent
FILES = StaticFiles(HERE / "static", "/instore/static")
LANGUAGES = ("en", "tr")

add_templates(HERE / "templates")


@page("/instore/")
@page("/instore/expected/")
@page("/instore/dispatch/")
@page("/instore/pick/")
def shell(visit: Visit) -> Response:
    """Packages, transfers that are expected or to be sent, the pick list."""
    return _shell()


@page("/instore/packages/<int:id>/")
def package(visit: Visit, id: int) -> Response:
    """A package; another location's is not found."""
    visit.api.get(f"packages/{id}/")
    return _shell()


@page("/instore/transfers/<int:id>/")
def transfer(visit: Visit, id: int) -> Response:
    """A transfer, for both its ends."""
    visit.api.get(f"transfer_orders/{id}/")
    return _shell()


@page("/instore/worker.js", signed_in=False)
def worker(visit: Visit) -> Response:
    """The service worker, which knows the files of this very version."""
    kept = [FILES.address(name) for name in sorted(FILES.names)] + [_sheet(), CONSOLE_FILES.address("icon.svg")]
    script = render("instore_worker.js", version=FILES.version, kept=kept)
    return Response(script, content_type="text/javascript; charset=utf-8")


def _shell() -> Response:
    language = request.accept_languages.best_match(LANGUAGES, "en")
    response = html(render("instore_shell.html", language=language, sheet=_sheet(), file=FILES.address))
    response.headers["Vary"] = "Accept-Language"
    return response


def _sheet() -> Any:
    return CONSOLE_FILES.address("console.css")
