"""`audit/export/`: a case file of an order, to hand to somebody without access (spec 6.1)."""

from flask import Response

from api.case_file import case_file
from api.http.errors import Failure, WrongInput, known_only
from api.http.routes import AUDIT, OMS, Answer, Call, Parameter, route
from api.past_tools import Unknown, named

QUERY = {
    "order": Parameter(
        "The number or id of the order.", {"type": "string", "minLength": 1, "maxLength": 255}, required=True
    ),
    "masked": Parameter("true: without personal data.", {"enum": ["true", "false"]}),
}


@route("GET", f"{OMS}/audit/export/", roles=AUDIT, tag="audit", query=QUERY)
def export(call: Call) -> Answer:
    """A zip: events, states, webhooks and plans of an order, with a page to read; personal data masked on wish."""
    known_only(call.query, QUERY)
    number, masked = call.query.get("order", ""), call.query.get("masked", "false").lower()
    if masked not in ("true", "false", "1", "0", ""):
        raise WrongInput(masked=["true or false."])
    if not number or len(number) > 255 or "\0" in number:
        raise WrongInput(order=["The number or id of an order."])
    try:
        id, _ = named(call.log, "order", number)
    except Unknown as nothing:
        raise Failure(404, "not_found", str(nothing)) from None
    content = case_file(call.log, call.services.keyring, id, masked=masked in ("true", "1"))
    name = f'attachment; filename="order-{id}.zip"'
    return Answer(headers={"Content-Disposition": name}, raw=Response(content, content_type="application/zip"))
