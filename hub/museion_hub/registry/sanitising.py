"""Makes a rendered notebook harmless: strict lists of what may stay, everything else goes.

What comes in was written in a workspace, by anybody who works there. It is read by nh3 in a
process of its own, which has no keys, little memory and little time: a page that was built to
exhaust or crash a parser costs its publisher an error and nobody else anything.

Nothing that stays can run, load, submit, style or place itself over the page: no scripts,
handlers, forms, frames, SVG, MathML, style, nor any address but of a link and of a picture that is
in the page itself. A class stays if the page's own stylesheet knows it.
"""

import re
import resource
import subprocess
import sys
from threading import BoundedSemaphore
from typing import Final

import nh3

from museion_hub.pages.assets import static_path
from museion_hub.registry.errors import InvalidError, UnavailableError

STYLESHEETS: Final = ("tokens.css", "snapshot.css")
TIMEOUT_S: Final = 30.0
WAIT_S: Final = 20.0
MAX_PROCESSOR_S: Final = 6
MAX_MEMORY_BYTES: Final = 1 << 30
AT_ONCE: Final = 2

_TEXT: Final = (
    "abbr b bdi bdo br cite code del dfn em i ins kbd mark q s samp small span strong sub"
)
_BLOCKS: Final = (
    "blockquote dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre section "
    "summary ul"
)
_TABLES: Final = "caption col colgroup table tbody td tfoot th thead tr"
TAGS: Final = frozenset(f"a img sup u var wbr {_TEXT} {_BLOCKS} {_TABLES}".split())
# What these hold goes with them; of all other elements that are not allowed, the text stays.
_GONE: Final = (
    "applet audio button canvas datalist embed frameset head iframe link math meta noembed "
    "noframes noscript object option param plaintext script select style svg template textarea "
    "title video xmp"
)
_CELL: Final = frozenset({"align", "colspan", "rowspan", "scope"})
_ATTRIBUTES: Final = {
    "*": frozenset({"dir", "lang", "title"}),
    "a": frozenset({"href"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "img": frozenset({"alt", "height", "src", "width"}),
    "ol": frozenset({"reversed", "start", "type"}),
    "td": _CELL,
    "th": _CELL,
    **{f"h{level}": frozenset({"id"}) for level in range(1, 7)},
}
# A picture shown by <img> never runs what is in it, SVG neither, and loads nothing.
_PICTURE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
_LINK: Final = re.compile(r"(?:https?://|mailto:|#)[^\s]+", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]{1,4}")
_NUMBERS: Final = frozenset({"colspan", "height", "rowspan", "span", "start", "width"})
_MODULE: Final = "museion_hub.registry.sanitising"
_turns: Final = BoundedSemaphore(AT_ONCE)


def stylesheet() -> str:
    """Return all the style that a published page has."""
    return "\n".join((static_path() / name).read_text("utf-8") for name in STYLESHEETS)


def sanitise(html: str) -> str:
    """Return what of a rendered notebook may be shown.

    Parameters
    ----------
    html : str
        A part of a page, from a workspace.

    Raises
    ------
    InvalidError
        If it takes more time or memory to read than any notebook.
    UnavailableError
        If too many pages are being read already.
    """
    if not _turns.acquire(timeout=WAIT_S):
        raise UnavailableError("Too many notebooks are being published at once")
    try:
        return _run(html.encode("utf-8", "replace")).decode("utf-8")
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise InvalidError(
            "The notebook's page can't be read: it is nested too deeply or built too oddly",
            hint="remove outputs and raw HTML that make it so, then publish again",
            reason=type(error).__name__,
        ) from error
    finally:
        _turns.release()


def clean(html: str) -> str:
    """Do the work itself, in this process."""
    return _cleaner().clean(html)


def _run(html: bytes) -> bytes:
    done = subprocess.run(
        [sys.executable, "-I", "-m", _MODULE],
        input=html,
        capture_output=True,
        timeout=TIMEOUT_S,
        env={},
        check=True,
    )
    return done.stdout


def _cleaner() -> nh3.Cleaner:
    known = frozenset(re.findall(r"\.([a-z][a-z0-9-]*)", stylesheet()))
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(_GONE.split()),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_keep,
        allowed_classes={tag: set(known) for tag in ("div", "pre", "span", "table", "th", "td")},
        url_schemes={"data", "http", "https", "mailto"},
        url_relative=lambda url: url if url.startswith("#") else None,
        link_rel="noopener noreferrer nofollow",
    )


def _keep(tag: str, attribute: str, value: str) -> str | None:
    """Return an attribute's value, or None to drop it."""
    if attribute == "src":
        return value if _PICTURE.fullmatch(value) else None
    if attribute == "href":
        return value if tag == "a" and _LINK.fullmatch(value) else None
    if attribute in _NUMBERS:
        return value if _NUMBER.fullmatch(value) else None
    return value


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_PROCESSOR_S, MAX_PROCESSOR_S))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(clean(sys.stdin.buffer.read().decode("utf-8")).encode("utf-8"))


if __name__ == "__main__":
    _main()
