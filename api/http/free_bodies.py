"""Schemas of bodies that are checked by what they are for, not by marshmallow, and of their answers: for openapi.json
alone."""

from typing import Any

from api.http.simulation_schemas import SIMULATIONS


def each(schema: dict[str, Any]) -> dict[str, Any]:
    """A row of a call that takes many, each answered on its own."""
    return {"anyOf": [schema, {"description": "Whatever else it is: refused on its own, in its place of the results."}]}


FREE_BODIES: dict[str, dict[str, Any]] = {
    **SIMULATIONS,
    "OrdersInput": {
        "type": "object",
        "required": ["orders"],
        "properties": {
            "orders": {"type": "array", "maxItems": 5000, "items": each({"$ref": "#/components/schemas/OrderInput"})}
        },
    },
    "OrdersTaken": {
        "type": "object",
        "required": ["results"],
        "properties": {
            "results": {
                "type": "array",
                "description": "201 taken in, 200 was there before; else with `error`.",
                "items": {
                    "type": "object",
                    "required": ["number", "status_code"],
                    "properties": {
                        "number": {},
                        "id": {"type": "integer"},
                        "status_code": {"type": "integer"},
                        "error": {"type": "object"},
                    },
                },
            }
        },
    },
    "StockInput": {
        "type": "object",
        "required": ["stock"],
        "properties": {
            "stock": {
                "type": "array",
                "maxItems": 10_000,
                "items": each(
                    {
                        "type": "object",
                        "required": ["erp_code", "sku", "quantity"],
                        "properties": {
                            "erp_code": {"type": "string"},
                            "sku": {"type": "string"},
                            "quantity": {"type": ["integer", "string", "number"]},
                        },
                    }
                ),
            }
        },
    },
    "StockAvailability": {
        "type": "object",
        "description": "Whether a location, by its code, has all of it.",
        "additionalProperties": {"type": "boolean"},
    },
    "StockQueryError": {
        "type": "object",
        "required": ["error", "message", "code", "timestamp"],
        "properties": {
            "error": {"type": "string"},
            "message": {"type": "string"},
            "code": {"type": "string"},
            "timestamp": {"type": "string", "format": "date-time"},
        },
    },
    "WebhookInput": {
        "type": "object",
        "properties": {
            "target_url": {"type": "string", "format": "uri", "maxLength": 255},
            "event_type": {
                "type": "string",
                "maxLength": 124,
                "description": "A name of the registry, or a prefix with `*`.",
            },
            "secret_key": {
                "type": ["string", "null"],
                "maxLength": 255,
                "writeOnly": True,
                "description": "`whsec_` alone asks for one to be made.",
            },
            "rotation_hours": {"type": "number", "minimum": 0, "maximum": 720},
            "additional_headers": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
            "retry_countdown_config": {
                "type": ["object", "null"],
                "required": ["choice", "kwargs"],
                "properties": {
                    "choice": {"enum": ["fixed", "linear", "exponential", "random"]},
                    "kwargs": {"type": "object"},
                },
            },
            "config": {
                "type": ["object", "null"],
                "properties": {
                    "channel_id": {"description": "One id or a list."},
                    "erp_code": {"description": "One code or a list."},
                    "order_mode": {"enum": ["entity", "endpoint", "none"]},
                    "concurrency": {"type": "integer", "minimum": 1, "maximum": 32},
                    "auth": {"type": ["object", "null"]},
                },
            },
            "is_active": {"type": "boolean"},
        },
    },
}
"""Name of a component → its JSON schema."""
