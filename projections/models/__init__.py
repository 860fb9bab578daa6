"""The read models. A new one is a file here and its name in this list."""

from projections.model import OfEvents, OfState
from projections.models.customers import CUSTOMERS
from projections.models.discrepancies import DISCREPANCIES
from projections.models.order_customers import ORDER_CUSTOMERS
from projections.models.order_items import ORDER_ITEMS
from projections.models.orders import ORDER_STATES, ORDERS
from projections.models.packages import PACKAGE_ITEMS, PACKAGES
from projections.models.places import PLACES
from projections.models.plans import PLANS
from projections.models.shipments import SHIPMENT_AWB_NUMBERS, SHIPMENTS
from projections.models.state_spans import STATE_SPANS
from projections.models.state_transition_logs import STATE_TRANSITION_LOGS
from projections.models.transfers import TRANSFER_ITEMS, TRANSFERS

MODELS: tuple[OfState | OfEvents, ...] = (
    ORDER_STATES,
    ORDERS,
    ORDER_ITEMS,
    ORDER_CUSTOMERS,
    PACKAGES,
    PACKAGE_ITEMS,
    TRANSFERS,
    TRANSFER_ITEMS,
    SHIPMENTS,
    SHIPMENT_AWB_NUMBERS,
    DISCREPANCIES,
    STATE_TRANSITION_LOGS,
    STATE_SPANS,
    PLANS,
    PLACES,
    CUSTOMERS,
)
"""`order_states` comes first: the others are shown from it."""
