"""Every list there is, by the name of its path (spec 3.2)."""

from projections.listing import List
from projections.lists.customers import CUSTOMERS
from projections.lists.locations import LOCATIONS, Locations
from projections.lists.orders import ORDER_ITEMS, ORDERS
from projections.lists.packages import PACKAGE_ITEMS, PACKAGES, PACKAGES_SHORT
from projections.lists.plans import PLANS
from projections.lists.shipments import DISCREPANCIES, SHIPMENTS
from projections.lists.state_transition_logs import STATE_TRANSITION_LOGS
from projections.lists.stock import STOCK
from projections.lists.transfers import TRANSFER_ITEMS, TRANSFERS, TRANSFERS_SHORT

LISTS: dict[str, List | Locations] = {
    listed.name: listed
    for listed in (
        ORDERS,
        ORDER_ITEMS,
        PACKAGES,
        PACKAGES_SHORT,
        PACKAGE_ITEMS,
        TRANSFERS,
        TRANSFERS_SHORT,
        TRANSFER_ITEMS,
        SHIPMENTS,
        DISCREPANCIES,
        STATE_TRANSITION_LOGS,
        PLANS,
        CUSTOMERS,
        LOCATIONS,
        STOCK,
    )
}
