"""Which package states make up a phase of its life, and how long a phase should take: what a setting says, so that the
past is told anew by another definition."""

from typing import Any

BEFORE_BIRTH = "before_birth"
"""Instead of a state: from when the order came in until the package was born of a plan."""

PHASES: list[dict[str, Any]] = [
    {"name": "planned", "states": [BEFORE_BIRTH, "910", "920"], "target_minutes": 15},
    {"name": "in_transfer", "states": ["50"], "target_minutes": 2880},
    {"name": "waiting", "states": ["100", "150"], "target_minutes": 120},
    {"name": "preparing", "states": ["200", "400", "450"], "target_minutes": 120},
    {"name": "blocked", "states": ["300", "930"], "target_minutes": 240},
    {"name": "ready", "states": ["500"], "target_minutes": 1440},
    {"name": "with_carrier", "states": ["600", "700", "800"], "target_minutes": 4320},
    {"name": "for_pickup", "states": ["550"], "target_minutes": 10080},
]
"""As long as nobody has set SLA_PHASES. `target_minutes` null: it is only measured."""
