"""Imports every file of routes once, so that all are declared."""

from api.http import (
    audit,
    commands,
    details,
    docs_page,
    health,
    hooks,
    intake,
    lists,
    locations,
    login,
    openapi,
    people,
    records,
    scenarios,
    states,
    stock,
)

__all__ = [
    "audit",
    "commands",
    "details",
    "docs_page",
    "health",
    "hooks",
    "intake",
    "lists",
    "locations",
    "login",
    "openapi",
    "people",
    "records",
    "scenarios",
    "states",
    "stock",
]
