"""Imports every file of the console and of Instore once, so that all pages are declared: a new file is named nowhere
else."""

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

import api.console
import api.instore
from api.console import frame
from api.console.rendering import FILES
from api.instore.shell import FILES as INSTORE_FILES

EVERY = tuple(
    f"{room.__name__}.{found.name}"
    for room in (api.console, api.instore)
    for found in iter_modules(room.__path__)
    if found.name != "mounting"
)


def declare() -> None:
    """The pages stand in api.console.frame.PAGES afterwards."""
    for name in EVERY:
        import_module(name)


def mount(app: Flask) -> None:
    """Pages, their files, and `/`."""
    FILES.mount(app)
    INSTORE_FILES.mount(app)
    frame.mount(app)
