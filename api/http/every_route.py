"""Imports every file of routes once, so that all are declared."""

from api.http import commands, intake, login

__all__ = ["commands", "intake", "login"]
