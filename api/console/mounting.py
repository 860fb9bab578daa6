"""Imports every file of this folder once, so that all pages are declared: a new file is named nowhere else."""

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

import api.console
from api.console import frame
from api.console.rendering import FILES

EVERY = tuple(sorted(found.name for found in iter_modules(api.console.__path__) if found.name != "mounting"))


def declare() -> None:
    """The pages stand in api.console.frame.PAGES afterwards."""
    for name in EVERY:
        import_module(f"api.console.{name}")


def mount(app: Flask) -> None:
    """Pages, their files, and `/`."""
    FILES.mount(app)
    frame.mount(app)
