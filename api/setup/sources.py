"""Other systems that a step can be set up from, besides files: name → the items of a step, asked of that system."""

from collections.abc import Callable, Iterator, Mapping

from api.jobs.turn import Turn
from api.setup.kinds import Item

Source = Callable[[Turn, str], Iterator[Item]]

SOURCES: Mapping[str, Source] = {}
"""Whatever fails there is raised as LookupError with a sentence."""
