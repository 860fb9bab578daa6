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


def written_out(value: Decimal, places: int) -> str | None:
    """All digits of a finite number and no exponent, no zeros at the end; None where it has more than `places` digits
    after the point. Exact, whatever the number's length; the caller has looked that it is not too large."""
    _, digits, exponent = value.as_tuple()
    if not value or not isinstance(exponent, int):
        return "0"
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    if -(exponent + zeros) > places:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Free(fields.Dict):
    """Any JSON object."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return plain(super()._deserialize(value, attr, data, **kwargs))
