"""Imports every file of this room once, so that all kinds of calls are declared: a new file is named nowhere else."""

from importlib import import_module
from pkgutil import walk_packages

import integrations
from domain import declared
from integrations.kinds import CALL_KINDS

__all__ = ["CALL_KINDS", "declared"]

for _found in walk_packages(integrations.__path__, "integrations."):
    import_module(_found.name)
