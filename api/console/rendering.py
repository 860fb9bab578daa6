"""Templates and what they use: times, states, addresses of static files."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.console.files import StaticFiles
from api.console.states import badge, named
from api.durations import span

HERE = Path(__file__).parent
FILES = StaticFiles(HERE / "static", "/console/static")

_loaders: list[FileSystemLoader] = [FileSystemLoader(HERE / "templates")]


def add_templates(folder: Path) -> None:
    """Another room's templates; they may extend `layout.html`."""
    _loaders.append(FileSystemLoader(folder))
    _pages.loader = ChoiceLoader(_loaders)


def render(template: str, **context: Any) -> str:
    return _pages.get_template(template).render(**context)


def moment(text: str | None, seconds: bool = True) -> Markup:
    """A time of the API's as `<time>`: day and time in UTC."""
    if not text:
        return Markup('<span class="none">–</span>')
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return Markup("{}").format(text)
    shown = at.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    return Markup('<time datetime="{}" title="UTC">{}</time>').format(text, shown)


def moment_text(text: str) -> str:
    """The same as plain text."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def counted(found: Mapping[str, Any]) -> str:
    """How many a list has; more than 10,000 are an estimate."""
    return f"{found['count']:,}" if found.get("count_exact", True) else f"about {found['count']:,}"


def plain(value: Any) -> str:
    """A value of JSON for a cell: texts and numbers as they are, what is nested as JSON."""
    if value is None:
        return "–"
    return str(value) if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False, indent=1)


def as_json(value: Any) -> str:
    """For people to read."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def breakable(text: str, at: str = ".") -> Markup:
    """A name with dots that may be broken after them."""
    return Markup("{}<wbr>").format(at).join(str(text).split(at))


def figure(value: Any) -> str:
    """A number with at most two places behind the point."""
    return "–" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def words(text: Any) -> str:
    """`waiting_for_transfer` as people write it."""
    return str(text).replace("_", " ")


_pages = Environment(
    loader=ChoiceLoader(_loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_FILTERS: Mapping[str, Callable[..., Any]] = {
    "moment": moment,
    "words": words,
    "plain": plain,
    "figure": figure,
    "breakable": breakable,
    "json": as_json,
    "span": span,
}
_pages.filters.update(_FILTERS)
_pages.globals.update({"static": FILES.address, "badge": badge, "counted": counted, "state_name": named})
