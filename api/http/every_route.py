"""Imports every file of this folder once, so that all routes are declared: a new file is named nowhere else."""

from importlib import import_module
from pkgutil import iter_modules

import api.http

EVERY = tuple(sorted(found.name for found in iter_modules(api.http.__path__) if found.name != "app"))


def declare() -> None:
    """The routes stand in api.http.routes.ROUTES afterwards, in the order of their files."""
    for name in EVERY:
        import_module(f"api.http.{name}")
