"""What must stand before the first order: channels, carriers, denial reasons, and the scenarios of the demo. Each is a
list of bodies, in the order in which they are to be posted."""

from typing import Any

ANY = {"type": "dynamic", "expression": ""}
PICKUP = {"type": "static", "values": ["store_pickup"]}


def channels() -> list[dict[str, Any]]:
    """For `POST channels/`; every order comes in through one of them."""
    return [{"name": "web", "channel_type": "web"}, {"name": "app", "channel_type": "mobile"}]


def cargo_companies() -> list[dict[str, Any]]:
    """For `POST cargo-companies/`; the orders name them by slug."""
    return [{"name": "Fast Cargo", "slug": "fast"}, {"name": "Steady Parcel", "slug": "steady"}]


def denial_reasons() -> list[dict[str, Any]]:
    """For `POST packages/package_denial_reason/`."""
    titles = ["Too few people today", "Shop closed early", "No wrapping left", "Order too large for this shop"]
    return [
        {"title": title, "remote_id": f"DR-{number}", "priority": number, "is_active": True}
        for number, title in enumerate(titles, start=1)
    ]


def scenarios() -> list[dict[str, Any]]:
    """For `POST scenarios/`: a shop near the customer that has everything; else a warehouse that has; else, where a
    shop stands in the customer's own town, what it lacks is brought there; else the fewest packages; what lies nowhere
    waits at the default location."""
    nearest = [{"by": "distance", "direction": "asc"}]
    rules = [
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
            "order_by": nearest,
            "coverage": "whole_order",
            "strategy": "first_fit",
            "transferable": False,
        },
        {
            "name": "one warehouse",
            "items": {"expression": ""},
            "locations": {"type": "warehouse", "include": [], "exclude": [], "select_by": ["SELECT_BY_QUOTA"]},
            "order_by": nearest,
            "coverage": "whole_order",
            "strategy": "first_fit",
            "transferable": False,
        },
        {
            "name": "the shop in town, the rest brought there",
            "items": {"expression": ""},
            "locations": {
                "type": "store",
                "include": [],
                "exclude": [],
                "near": {"km": 10},
                "select_by": ["SELECT_BY_QUOTA"],
            },
            "order_by": nearest,
            "coverage": "whole_order",
            "strategy": "first_fit",
            "transferable": True,
        },
        {
            "name": "fewest packages",
            "items": {"expression": ""},
            "locations": {"include": [], "exclude": [], "select_by": ["SELECT_BY_QUOTA"]},
            "order_by": [{"by": "priority", "direction": "desc"}, *nearest],
            "coverage": "split_lines",
            "strategy": "fewest_packages",
            "max_packages": 4,
            "transferable": False,
        },
    ]
    prerequisites = {
        "channel": {"type": "static", "values": [channel["name"] for channel in channels()]},
        "cargo_company": ANY,
        "payment_type": ANY,
        "customer_type": ANY,
    }
    return [
        {
            "name": "Standard",
            "status": "active",
            "priority": 1,
            "description": "Near the customer if one shop can, else as few packages as can be.",
            "prerequisites": prerequisites,
            "default_stock_location": "WH-01",
            "initial_status": "100",
            "rules": rules,
        }
    ]


def pickup_scenarios() -> list[dict[str, Any]]:
    """For `POST scenarios/`: what customers fetch waits in the shop they chose, also where that refused it; what the
    shop lacks is brought there, what lies nowhere waits at the default location."""
    rule = {
        "name": "the shop the customer chose, the rest brought there",
        "items": {"expression": ""},
        "locations": {"order_store": True, "allow_refused": True, "select_by": ["SELECT_BY_QUOTA"]},
        "coverage": "split_lines",
        "strategy": "first_fit",
        "transferable": True,
    }
    return [
        {
            "name": "Click and collect",
            "status": "active",
            "priority": 0,
            "description": "Fetched by the customer, in the shop of their choice.",
            "prerequisites": {"delivery_type": PICKUP},
            "default_stock_location": "WH-01",
            "initial_status": "100",
            "rules": [rule],
        }
    ]


def transfer_scenarios() -> list[dict[str, Any]]:
    """For `POST transfer-scenarios/`: what a shop lacks comes from the warehouses first, then from other shops."""
    plenty = [{"by": "stock_amount", "direction": "desc"}]
    return [
        {
            "name": "From the warehouse",
            "status": "active",
            "priority": 1,
            "prerequisites": {"package_location": ANY},
            "products": "all_products",
            "max_sources": 2,
            "rules": [
                {"name": "any warehouse", "locations": {"type": "warehouse"}, "order_by": plenty},
                {"name": "any shop", "locations": {"type": "store"}, "order_by": plenty},
            ],
        }
    ]


def pickup_transfer_scenarios() -> list[dict[str, Any]]:
    """For `POST transfer-scenarios/`: to the shop of a customer who comes there is brought all that can be found."""
    return [
        {
            **scenario,
            "name": "To the customer's shop",
            "priority": 0,
            "prerequisites": {"delivery_type": PICKUP, "package_location": ANY},
            "products": "any_products",
        }
        for scenario in transfer_scenarios()
    ]
