"""Bodies of requests as spec 9 has them, for openapi.json: (method, path) → name → body."""

from typing import Any

from api.http.routes import OMS

_PLACE = {"country": {"code": "GB", "name": "United Kingdom"}, "city": {"name": "Leeds"}}
_COMMANDS = f"{OMS}/packages/<int:id>/command/"

LOCATION = {
    "erp_code": "ST-014",
    "name": "Leeds Briggate",
    "stock_location_type": "store",
    "is_active": True,
    "priority": 10,
    "max_quota": 40,
    "is_fulfillment_center": True,
    "is_pickup_location": True,
    "is_delivery_location": True,
    "is_return_available": True,
    "is_fast_delivery_available": False,
    "tags": ["city"],
    "conf": {},
    "address": {
        "line": "1 Briggate",
        "postcode": "LS1 6AA",
        **_PLACE,
        "township": None,
        "district": None,
        "latitude": "53.79648",
        "longitude": "-1.54785",
    },
}
SCENARIO = {
    "name": "Standard",
    "status": "active",
    "priority": 1,
    "description": "",
    "prerequisites": {
        "channel": {"type": "static", "values": ["web"]},
        "cargo_company": {"type": "dynamic", "expression": ""},
        "payment_type": {"type": "dynamic", "expression": ""},
        "customer_type": {"type": "dynamic", "expression": ""},
    },
    "default_stock_location": "WH-01",
    "initial_status": "100",
    "rules": [
        {
            "name": "one shop near the customer",
            "items": {"expression": ""},
            "locations": {
                "type": "store",
                "include": [],
                "exclude": [],
                "near": {"km": 50},
                "select_by": ["SELECT_BY_QUOTA"],
            },
            "order_by": [{"by": "distance", "direction": "asc"}],
            "coverage": "whole_order",
            "strategy": "first_fit",
            "transferable": False,
        },
        {
            "name": "fewest packages",
            "locations": {},
            "order_by": [{"by": "priority", "direction": "desc"}, {"by": "distance", "direction": "asc"}],
            "coverage": "split_lines",
            "strategy": "fewest_packages",
            "max_packages": 4,
            "transferable": False,
        },
    ],
}
TRANSFER_SCENARIO = {
    "name": "From the warehouse",
    "status": "active",
    "priority": 1,
    "prerequisites": {"package_location": {"type": "dynamic", "expression": ""}},
    "products": "all_products",
    "max_sources": 2,
    "rules": [
        {
            "name": "any warehouse",
            "locations": {"type": "warehouse"},
            "order_by": [{"by": "stock_amount", "direction": "desc"}],
        }
    ],
}
ORDER = {
    "number": "R1000001",
    "channel": "web",
    "status": "400",
    "currency": "GBP",
    "date_placed": "2026-11-23T10:00:00Z",
    "customer": {"email": "a@example.org", "first_name": "A", "last_name": "B", "phone_number": "+440000"},
    "customer_type": "retail",
    "payment_type": "credit_card",
    "cargo_company": "fast",
    "delivery_type": "home",
    "amount": "30.60",
    "discount_amount": "0.00",
    "shipping_amount": "0.00",
    "shipping_address": {
        "line": "2 High St",
        "postcode": "LS1",
        **_PLACE,
        "latitude": "53.80",
        "longitude": "-1.55",
    },
    "billing_address": None,
    "notes": "",
    "extra_field": {},
    "items": [
        {
            "omnitron_id": 1,
            "sku": "85123A",
            "name": "T-LIGHT HOLDER",
            "barcode": "85123A",
            "quantity": 6,
            "price": "2.55",
            "tax_rate": "20.00",
            "discount_amount": "0.00",
            "attributes": {},
        }
    ],
}
HOOK = {
    "target_url": "https://erp.example.org/hook",
    "event_type": "package.*",
    "secret_key": "secret",
    "retry_countdown_config": {"choice": "exponential", "kwargs": {"base": 2, "limit": 3600}},
    "additional_headers": {},
    "config": {},
}
CANCELLATION_PLAN = {
    "event": {"type": "cancellation_plan.created", "uuid": "6f1d2f9e-0a4e-4a39-9d7d-0d6f0b7c2f10"},
    "payload": {
        "pk": 7,
        "plan_type": "cancel",
        "order": {"pk": 1, "number": "R1000001", "channel": "web"},
        "items": [{"order_item": 1, "quantity": 2, "reason": "changed mind"}],
    },
}


def _command(slug: str, **inputs: Any) -> dict[str, Any]:
    return {"package": 1, "slug": slug, **inputs}


EXAMPLES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/i1/auth/login/"): {"admin": {"username": "admin", "password": "…"}},
    ("POST", f"{OMS}/channels/"): {"web": {"name": "web", "channel_type": "web"}},
    ("POST", f"{OMS}/cargo-companies/"): {"fast": {"name": "Fast Cargo", "slug": "fast"}},
    ("POST", f"{OMS}/stock_locations/"): {"store": LOCATION},
    ("PUT", f"{OMS}/stock/"): {
        "levels": {
            "stock": [
                {"erp_code": "ST-014", "sku": "85123A", "quantity": 12},
                {"erp_code": "WH-01", "sku": "85123A", "quantity": 300},
            ]
        }
    },
    ("POST", f"{OMS}/scenarios/"): {"standard": SCENARIO},
    ("POST", f"{OMS}/transfer-scenarios/"): {"from the warehouse": TRANSFER_SCENARIO},
    ("POST", f"{OMS}/orders/"): {"one": ORDER, "batch": {"orders": [ORDER]}},
    ("PATCH", f"{OMS}/orders/<int:id>/"): {"fewer": {"items": [{"omnitron_id": 1, "quantity": 4}]}},
    ("POST", f"{OMS}/orders/<int:id>/cancel/"): {
        "two": {"items": [{"order_item": 1, "quantity": 2, "reason": "changed mind"}]}
    },
    ("POST", f"{OMS}/orders/<int:id>/split-item/"): {
        "into pieces": {"order_item": 1},
        "into parts": {"order_item": 1, "parts": [4, {"quantity": 2, "omnitron_id": 2}]},
    },
    ("POST", f"{OMS}/cancellation_plan/"): {"cancel": CANCELLATION_PLAN},
    ("POST", _COMMANDS): {
        "pack": _command("complete-packaging-with-shipment"),
        "refuse": _command("package-refuse-with-denial-reason", denial_reason=4),
        "not found": _command("product-not-found", package_items=[{"id": 7, "quantity": 2, "reason": "not_found"}]),
        "plan by hand": _command(
            "manual-planning", assignment_groups=[{"package_items": [7, 8], "stock_location": "WH-01"}]
        ),
        "ship": _command("package-advanced-shipment", cargo_company="fast", tracking_number="TRK1"),
        "inputs inside": {"slug": "cancel-package", "input_parameters": {"reason": "lost"}},
    },
    ("POST", f"{OMS}/transfer_orders/<int:id>/command/"): {"dispatch": {"transfer": 3, "slug": "transfer-dispatch"}},
    ("POST", f"{OMS}/packages/commands/"): {
        "two": {"commands": [{"package": 1, "slug": "ship-package"}, {"package": 2, "slug": "ship-package"}]}
    },
    ("POST", f"{OMS}/packages/package_denial_reason/"): {
        "too busy": {"title": "Too busy", "remote_id": "D1", "priority": 1, "exclude_for": 86400}
    },
    ("PATCH", f"{OMS}/transitions/<int:id>/"): {
        "off": {"is_active": False},
        "own name and settings": {"slug": "pack", "settings": {"sync_remote_order_status": True}},
    },
    ("POST", f"{OMS}/scenarios/simulations/"): {
        "a month": {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z", "scenario": SCENARIO}
    },
    ("POST", "/whisperer/hooks/"): {"every package": HOOK},
}
