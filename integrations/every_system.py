"""Imports every system once, so that all kinds of calls are declared."""

from domain import declared
from integrations import invoices
from integrations.carriers import calls as carriers
from integrations.kinds import CALL_KINDS
from integrations.order_source import item_states

__all__ = ["CALL_KINDS", "carriers", "declared", "invoices", "item_states"]
