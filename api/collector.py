"""Python's garbage collector, set for processes that live long."""

import gc


def calm() -> None:
    """What is loaded by now stays, and is looked at no more (processes that are forked share it); the rest, mostly
    immutable and without cycles, is looked at more seldom. A fifth of a busy planner's time went into looking."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
