"""Free JSON of a body (`conf`, a scenario) as it may be kept and told again: numbers with a point are floats."""

from decimal import Decimal
from math import isfinite
from typing import Any

from marshmallow import ValidationError, fields

LARGEST = 2**63 - 1


def plain(value: Any) -> Any:
    """The same with floats in place of Decimals; ValidationError for a number nothing can hold."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        value = float(value)
        if not isfinite(value):
            raise ValidationError("A number is too large.")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        raise ValidationError("A number is too large.")
    return value


class Free(fields.Dict):
    """Any JSON object."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return plain(super()._deserialize(value, attr, data, **kwargs))
