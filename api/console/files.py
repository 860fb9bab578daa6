"""Static files of the pages: few, ours, and kept by browsers for good, since each change of any gives them all a new
address."""

import hashlib
import mimetypes
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=60"

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class StaticFiles:
    """A folder under `prefix`, read once. `address("x.css")` is what a page links to."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder, self._prefix = folder, prefix

    @cached_property
    def _contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self._folder.iterdir()) if path.is_file()}

    @cached_property
    def version(self) -> str:
        """Of all files together: they name each other without it."""
        said = hashlib.sha256()
        for name, content in self._contents.items():
            said.update(name.encode() + hashlib.sha256(content).digest())
        return said.hexdigest()[:16]

    @property
    def names(self) -> Iterable[str]:
        return self._contents.keys()

    def address(self, name: str) -> str:
        if name not in self._contents:
            raise LookupError(f"There is no static file {name}.")
        return f"{self._prefix}/{self.version}/{name}"

    def serve(self, version: str, name: str) -> Response:
        if name not in self._contents:
            raise NotFound()
        kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = Response(self._contents[name], content_type=kind)
        response.headers["Cache-Control"] = FOREVER if version == self.version else BRIEFLY
        response.set_etag(self.version)
        response.make_conditional(request)
        return response

    def mount(self, app: Flask) -> None:
        app.add_url_rule(f"{self._prefix}/<version>/<name>", self._prefix, self.serve, methods=["GET"])
