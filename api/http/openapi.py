"""`openapi.json` (OpenAPI 3.1), made by apispec from the table of routes, the schemas of inputs and the objects."""

from decimal import Decimal
from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from api.http.field_schemas import takes
from api.http.free_bodies import FREE_BODIES
from api.http.input_schemas import command_schemas, schema_of
from api.http.object_schemas import object_schemas
from api.http.openapi_parameters import PATH
from api.http.operations import operation
from api.http.order_schema import OrderBody
from api.http.routes import ANYBODY, OMS, ROUTES, Call, route
from domain.kernel import COMMANDS

VERSION = "1.0"
SECURITY = {"token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <key>`"}}
BEARER = {"type": "http", "scheme": "bearer", "description": "The same key as `Bearer <key>`."}

_ERROR = {
    "type": "object",
    "required": ["error", "status_code"],
    "properties": {
        "error": {
            "description": "By field its texts, or `code` and `message` with what else helps.",
            "anyOf": [
                {"$ref": "#/components/schemas/FieldErrors"},
                {"$ref": "#/components/schemas/CodedError"},
            ],
        },
        "status_code": {"type": "integer"},
    },
}
_CODED = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
}
_WEBHOOK_ERROR = {
    "type": "object",
    "required": ["code", "en", "tr"],
    "properties": {"code": {"type": "string"}, "en": {"type": "string"}, "tr": {"type": "string"}},
}


@route("GET", f"{OMS}/openapi.json", roles=ANYBODY, tag="docs")
def openapi_json(call: Call) -> Any:
    """This description, for programs."""
    return document()


@cache
def document() -> dict[str, Any]:
    """The whole of it, made once in a process: all routes are declared by then."""
    marshmallow = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(
        "Daybook",
        VERSION,
        "3.1.0",
        info={"description": "Order management on one log: orders, packages, transfers, shipments, webhooks, audit."},
        plugins=[marshmallow],
        tags=[{"name": tag} for tag in sorted({one.tag for one in ROUTES})],
        servers=[{"url": "/"}],
    )
    converter: Any = marshmallow.converter  # made when the spec took the plugin
    converter.add_attribute_function(takes)
    for name, scheme in {**SECURITY, "bearer": BEARER}.items():
        spec.components.security_scheme(name, scheme)
    components = {**object_schemas(), **FREE_BODIES, **_plain_components(), **_command_components(converter)}
    for name, schema in components.items():
        spec.components.schema(name, schema)
    spec.components.schema("OrderInput", schema=OrderBody())
    for one in ROUTES:
        spec.path(PATH.sub(r"{\2}", one.path), operations={one.method.lower(): operation(one)})
    made: dict[str, Any] = _plain(spec.to_dict())
    return made


def _plain(value: Any) -> Any:
    """As JSON can say it: bounds and defaults may be decimals."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def _name(schema: Any) -> str:
    """A component for each class of schema; the same class with other settings (partial) is another."""
    cls = schema if isinstance(schema, type) else type(schema)
    partial = "Partial" if getattr(schema, "partial", None) else ""
    return f"{partial}{cls.__name__.removesuffix('Body')}Input"


def _plain_components() -> dict[str, Any]:
    texts = {"type": "array", "items": {}}
    return {
        "Error": _ERROR,
        "FieldErrors": {
            "type": "object",
            "additionalProperties": {"anyOf": [texts, {"type": "object"}, {"type": "string"}]},
        },
        "CodedError": _CODED,
        "WebhookError": _WEBHOOK_ERROR,
        "DryRun": {
            "type": "object",
            "required": ["events"],
            "properties": {
                "events": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["event", "data"],
                        "properties": {"event": {"type": "string"}, "data": {"type": "object"}},
                    },
                }
            },
        },
    }


def _command_components(converter: Any) -> dict[str, Any]:
    """A body for each command, and one for all of an object."""
    made: dict[str, Any] = {}
    bodies: dict[str, list[dict[str, str]]] = {}
    inputs = command_schemas()
    for (kind, slug), row in sorted(COMMANDS.items(), key=lambda item: item[1].id):
        name = "".join(part.capitalize() for part in (*kind.split("_"), *slug.split("-"))) + "Command"
        said: dict[str, Any] = {
            "type": "object",
            "description": row.sentence,
            "required": ["slug"],
            "properties": {
                "slug": {
                    "anyOf": [
                        {"type": "string", "enum": [slug]},
                        {"type": "string", "enum": [str(row.id), *row.aliases], "description": "Its other names."},
                        {"type": "integer", "enum": [row.id]},
                    ]
                }
            },
        }
        whole = said
        if slug in inputs and row.input is not None:
            fields = converter.schema2jsonschema(schema_of(row.input))
            said["properties"] |= fields.get("properties", {})
            whole = {**said, "required": ["slug", *fields.get("required", ())]}
        made[name] = whole
        bodies.setdefault(kind, []).append({"$ref": f"#/components/schemas/{name}"})
    for kind, rows in bodies.items():
        made[f"{kind.capitalize()}Command"] = {"oneOf": rows}
    return made
