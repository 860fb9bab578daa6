"""Imports every kind once, so that all facts, commands and kinds are declared. Readers of the log import this."""

from domain import (
    amending,
    application_settings,
    cancelling,
    cancelling_commands,
    carriers,
    invoicing,
    location,
    messages,
    order,
    package_commands,
    package_exceptions,
    picking_up,
    planning,
    reservations,
    returning,
    settings,
    shipping,
    stock,
    transfer_commands,
    transfer_exceptions,
    transition_settings,
    webhook_endpoint,
)
from domain.kinds import Kind, register

register(Kind("order", order.evolve, reservations.effects))

__all__ = [
    "amending",
    "application_settings",
    "cancelling",
    "cancelling_commands",
    "carriers",
    "invoicing",
    "location",
    "messages",
    "order",
    "package_commands",
    "package_exceptions",
    "picking_up",
    "planning",
    "reservations",
    "returning",
    "settings",
    "shipping",
    "stock",
    "transfer_commands",
    "transfer_exceptions",
    "transition_settings",
    "webhook_endpoint",
]
