"""Templates and what they use: times, states, addresses of static files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.console.files import StaticFiles

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


def words(text: Any) -> str:
    """`waiting_for_transfer` as people write it."""
    return str(text).replace("_", " ")


_pages = Environment(
    loader=ChoiceLoader(_loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_pages.filters.update({"moment": moment, "words": words})
_pages.globals.update({"static": FILES.address})
