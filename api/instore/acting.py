"""What clerks do: a command of theirs, sent once or, after a line was cut, again under the same key (spec 3.1)."""

from typing import Any

from flask import Response, request

from api.console.frame import Visit, page
from api.console.inside import Refused, passed_on
from api.instore.data import data
from api.instore.shown import PATHS, SHOWN


@data("command/", methods=("POST",))
def command(visit: Visit) -> Any:
    """`{kind, id, slug, input, key}` → the object as it stands afterwards (null where it is the location's no more) and
    the position it is of."""
    given = request.get_json(silent=True)
    said: dict[str, Any] = given if isinstance(given, dict) else {}
    kind, id, key, inputs = (said.get(name) for name in ("kind", "id", "key", "input"))
    if kind not in PATHS or not isinstance(id, int) or not key or not isinstance(inputs, dict):
        raise Refused(400, {"message": "A command is {kind, id, slug, input, key}."}, {})
    path = f"{PATHS[kind]}/{id}/"
    body = {**inputs, kind: id, "slug": said.get("slug")}
    done = visit.api.post(f"{path}command/", body, Idempotency_Key=str(key))
    try:
        after = SHOWN[kind](visit.api.get(path))
    except Refused:
        after = None
    return {"object": after, "position": int(done.headers.get("X-OMS-Position", 0))}


@page("/instore/paper/package/<int:id>/")
def document(visit: Visit, id: int) -> Response:
    """The packaging document, or the invoice that replaced it."""
    return passed_on(visit.api.ask("GET", f"packages/{id}/document"))


@page("/instore/paper/shipment/<int:id>/")
def label(visit: Visit, id: int) -> Response:
    """The label."""
    return passed_on(visit.api.ask("GET", f"shipments/{id}/label"))
