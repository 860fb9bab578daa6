"""Personal values: opaque inside, sealed where they enter, revealed where they leave.

The domain carries them and never looks in. `key` names the customer's key, `sealed` is the ciphertext (base64).
Destroying the key forgets the person everywhere at once; the log, its hashes and all figures stay as they were.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    """One customer's values, sealed with that customer's key (see eventlog.keyring)."""

    key: str
    sealed: str
