"""How long something took, as people say it."""


def span(seconds: float) -> str:
    """`41 s`, `12 min`, `3.5 h`, `2.1 d`."""
    for size, unit in ((86_400, "d"), (3_600, "h")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
