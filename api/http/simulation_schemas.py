"""Bodies and answers of `scenarios/simulate` and `scenarios/simulations/`, for openapi.json alone."""

from typing import Any

_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_ID = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}


def _object(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {}), **more}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


_WHICH = {
    "description": "A draft with its rules, or a saved one by its id, at a version or as it is.",
    "anyOf": [
        _ID,
        _object({"id": _ID, "version": {**_ID, "type": ["integer", "null"]}}, "id"),
        _object({"rules": {"type": "array", "items": {}}}, "rules"),
    ],
}
_WHICH_IF_ANY = {**_WHICH, "anyOf": [*_WHICH["anyOf"], {"type": "null"}]}
_SEVERAL = {"type": ["array", "null"], "items": _WHICH}
_ITEM = _object({"order_item": {"type": "integer"}, "sku": {"type": "string"}, "quantity": _NUMBER}, "sku", "quantity")
_TRANSFER = _object(
    {
        "source": {"type": ["string", "null"]},
        "destination": {"type": ["string", "null"]},
        "items": {"type": "array", "items": _ITEM},
    },
    "source", "destination", "items",
)  # fmt: skip
_PACKAGE = _object(
    {
        "stock_location": {"type": ["string", "null"]},
        "rule": {"type": "string"},
        "items": {"type": "array", "items": _ITEM},
        "transfers": {"type": "array", "items": _TRANSFER},
        "number": {"type": "string"},
        "state": {"type": "string"},
    },
    "stock_location", "rule", "items", "transfers",
)  # fmt: skip
_CHANGE = _object({"what": {"type": "string"}, "of": {"type": "string"}, "from": {}, "to": {}}, "what", "of")

SIMULATIONS: dict[str, dict[str, Any]] = {
    "SimulationInput": _object(
        {
            "order": {
                "description": "The id of an order, or a made-up one: an order's body, of which only `items` must be.",
                "anyOf": [_ID, _object({"id": _ID}, "id"), _object({"items": {"type": "array", "items": {}}}, "items")],
            },
            "lines": {
                "enum": ["open", "all"],
                "description": "Only what waits, or the whole order anew; without it: all where nothing waits.",
            },
            "scenario": _WHICH_IF_ANY,
            "transfer_scenarios": _SEVERAL,
            "position": {**_NUMBER, "description": "The world as of this position of the log; without: of now."},
            "at": {"type": "string", "format": "date-time", "description": "The same by a time."},
            "stock": {
                "type": "object",
                "description": "By SKU and erp code the pieces that are free; a SKU that is named is nowhere else.",
                "additionalProperties": {"type": "object", "additionalProperties": _NUMBER},
            },
            "quota": {
                "type": "object",
                "description": "By erp code the quota slots that are held.",
                "additionalProperties": _NUMBER,
            },
            "why_not": {"type": "string", "description": "The erp code of a location to explain."},
        },
        "order",
        additionalProperties=False,
    ),
    "SimulatedPeriodInput": _object(
        {
            "from": {"type": "string", "format": "date-time", "description": "Orders first planned from then on,"},
            "to": {"type": "string", "format": "date-time", "description": "and before then."},
            "scenario": {**_WHICH_IF_ANY, "description": "A draft or a saved one; none: the control run."},
            "transfer_scenarios": {**_SEVERAL, "description": "None: those of then."},
        },
        "from",
        "to",
        additionalProperties=False,
    ),
    "Simulation": _object(
        {
            "position": {"type": ["integer", "null"]},
            "at": {"type": "string", "format": "date-time"},
            "lines": {"enum": ["open", "all"]},
            "scenario": {"type": ["object", "null"]},
            "reasons": {**_TEXTS, "description": "Where nothing was planned: why not, a text each scenario."},
            "packages": {"type": ["array", "null"], "items": _PACKAGE},
            "open": {"type": ["array", "null"], "items": {"type": "object"}},
            "lower_bound": _NUMBER,
            "proven": {"type": "boolean"},
            "stock": {"type": "object", "description": "By SKU and erp code what was available."},
            "stock_apart": {
                "type": ["object", "null"],
                "description": "By SKU and erp code: {stock, reserved, safety_stock, available}.",
            },
            "asked_at": {"type": ["string", "null"]},
            "explanation": {"type": "array", "items": {"type": "object"}},
            "sentences": _TEXTS,
            "why_not": {"anyOf": [_ref("WhyNot"), {"type": "null"}]},
            "really": {"type": ["array", "null"], "items": _PACKAGE},
        },
        "position", "at", "lines", "scenario", "reasons", "packages", "open", "why_not", "really",
    ),
    "WhyNot": _object(
        {
            "location": {"type": "string"},
            "chosen": {"type": "boolean"},
            "condition": {"type": ["string", "null"], "description": "The first that failed."},
            "rule": {"type": ["string", "null"], "description": "The rule under which the changes let it win."},
            "changes": {"type": "array", "items": _CHANGE},
            "rules": {"type": "array", "items": {"type": "object"}},
            "tries": {**_NUMBER, "description": "Plans that were made to find the changes."},
            "spent": {
                "type": "boolean",
                "description": "Fewer changes may do (or any, where none is given): it was not tried further.",
            },
            "sentence": {"type": "string"},
        },
        "location", "chosen", "condition", "rule", "changes", "rules", "tries", "spent", "sentence",
    ),
}  # fmt: skip
