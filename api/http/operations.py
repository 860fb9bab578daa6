"""What openapi.json says of one route: what it is for, its body; its parameters and answers are said beside."""

import re
from typing import Any

from api.http.free_bodies import each
from api.http.openapi_answers import answers
from api.http.openapi_parameters import PATH, parameters
from api.http.request_examples import EXAMPLES
from api.http.routes import ANYBODY, COMMON, OMS, OWN, Route

_REF = "#/components/schemas/"
_REACH = {
    OWN: "Who is limited to locations sees and touches theirs only; what stands at another is not found.",
    COMMON: "",
}


def operation(one: Route) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": _operation_id(one),
        "summary": one.sentence,
        "description": _description(one),
        "tags": [one.tag],
        "parameters": parameters(one),
        "responses": answers(one),
        "security": [] if one.roles is ANYBODY else [{"token": []}, {"bearer": []}],
    }
    body = _body(one)
    if body is not None:
        content: dict[str, Any] = {"schema": body}
        if (examples := EXAMPLES.get((one.method, one.path))) is not None:
            content["examples"] = {name: {"value": value} for name, value in examples.items()}
        needed = one.method != "PATCH" and not one.path.endswith("/retry/")
        said["requestBody"] = {"required": needed, "content": {"application/json": content}}
    if one.takes:
        said["requestBody"] = {
            "required": True,
            "content": {of: {"schema": dict(how)} for of, how in one.takes.items()},
        }
    return said


def _description(one: Route) -> str:
    """All that its function says, who may call it, how far it reaches, and what it does not keep to."""
    rest = (one.function.__doc__ or "").strip().partition("\n")[2]
    parts = [" ".join(line.strip() for line in rest.strip().splitlines())]
    if one.roles is not ANYBODY:
        roles = f"Roles: {', '.join(sorted(one.roles))}."
        parts += [roles, _REACH.get(one.reach, "It is closed to who is limited to locations.")]
    parts += [f"{name} is not kept: {why}." for name, why in one.unkept.items()]
    return "\n\n".join(part for part in parts if part)


def _operation_id(one: Route) -> str:
    plain = PATH.sub(r"\2", one.path).replace("/api/v1/oms", "").replace(".", "/")
    return "_".join([one.method.lower(), *(part for part in re.split(r"[/\-]", plain) if part)])


def _body(one: Route) -> Any:
    if one.body is not None:
        return one.body
    if not one.free_body:
        return None
    return _FREE.get((one.method, one.path), {"type": "object"})


_HOOK = ["target_url", "event_type"]
_FREE: dict[tuple[str, str], Any] = {
    ("POST", f"{OMS}/packages/<int:id>/command/"): {"$ref": f"{_REF}PackageCommand"},
    ("POST", f"{OMS}/transfer_orders/<int:id>/command/"): {"$ref": f"{_REF}TransferCommand"},
    ("POST", f"{OMS}/packages/commands/"): {
        "type": "object",
        "required": ["commands"],
        "properties": {
            "commands": {
                "type": "array",
                "maxItems": 500,
                "items": each({"$ref": f"{_REF}PackageCommand"}),
            }
        },
    },
    ("POST", f"{OMS}/orders/"): {"anyOf": [{"$ref": f"{_REF}OrderInput"}, {"$ref": f"{_REF}OrdersInput"}]},
    ("PUT", f"{OMS}/stock/"): {"$ref": f"{_REF}StockInput"},
    ("POST", f"{OMS}/scenarios/simulate"): {"$ref": f"{_REF}SimulationInput"},
    ("POST", f"{OMS}/scenarios/simulations/"): {"$ref": f"{_REF}SimulatedPeriodInput"},
    ("POST", "/whisperer/hooks/"): {"allOf": [{"$ref": f"{_REF}WebhookInput"}, {"required": _HOOK}]},
    ("PUT", "/whisperer/hooks/<int:id>/"): {"allOf": [{"$ref": f"{_REF}WebhookInput"}, {"required": _HOOK}]},
    ("PATCH", "/whisperer/hooks/<int:id>/"): {"$ref": f"{_REF}WebhookInput"},
}
"""Bodies of routes that take any object, where more can be said of it."""
