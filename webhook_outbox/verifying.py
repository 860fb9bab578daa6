"""The two signatures of a message that comes in, checked (spec 4.3): as we sign ours, others sign theirs for us.

Classic: `X-<Name>-Signature: sha256=<hex HMAC-SHA256 of the body>`. Standard Webhooks: `webhook-id`,
`webhook-timestamp` and `webhook-signature`. What is checked is the body byte by byte as it came.
"""

import hmac
from collections.abc import Mapping, Sequence

from webhook_outbox.signing import classic, standard

TOLERANCE = 300.0
"""Seconds that a standard signature's time may be away from ours."""


def why_not(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> str | None:
    """Why a request is not to be trusted, as a sentence; None where it is. At least one signature must be there, and
    each that is must fit one of the `secrets` (two of them while one is rotated). `now`: Unix time."""
    named = {name.lower(): value for name, value in headers.items()}
    own = {name: value for name, value in named.items() if name.startswith("x-") and name.endswith("-signature")}
    signatures = named.get("webhook-signature")
    if not own and signatures is None:
        return "It is not signed."
    for name, given in own.items():
        if not _any(given, [classic(secret, body) for secret in secrets]):
            return f"{name} does not fit the body."
    if signatures is None:
        return None
    message, timestamp = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not message or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12):
        return "webhook-id or webhook-timestamp is missing or wrong."
    if abs(now - int(timestamp)) > TOLERANCE:
        return f"webhook-timestamp is more than {TOLERANCE:.0f} s away."
    expected = [standard(secret, message, int(timestamp), body) for secret in secrets]
    if not any(_any(signature, expected) for signature in signatures.split()[:10]):
        return "webhook-signature does not fit the body."
    return None


def _any(given: str, expected: Sequence[str]) -> bool:
    """Compared with each of them, in a time that tells nothing."""
    return sum([hmac.compare_digest(given.encode(), one.encode()) for one in expected]) > 0
