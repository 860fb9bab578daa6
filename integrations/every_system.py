"""Imports every system once, so that all kinds of calls are declared."""

from integrations.kinds import CALL_KINDS

__all__ = ["CALL_KINDS"]
