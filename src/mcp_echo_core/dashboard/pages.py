"""The page and its files, read from the package when somebody first asks for them."""

import asyncio
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from mcp_echo_core.dashboard.access import page, problem

FOLDER = Path(__file__).parent / "static"
PAGE = "index.html"

MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".txt": "text/plain",
    ".md": "text/plain",
    ".woff2": "font/woff2",
}

_PART = r"[A-Za-z0-9_@-][A-Za-z0-9._@-]{0,99}"
_NAME = re.compile(rf"{_PART}(?:/{_PART}){{0,2}}")
_NO_TAG = re.compile(r"\s*(?:W/)?")


class StaticFile(Struct, frozen=True):
    """A file of the page."""

    content: bytes
    media_type: str
    tag: str


_FILES = b'"/dashboard/static/'


async def show_page(request: Request) -> Response:
    """The page, which is the same for every record.

    Its files are told relative to it: a gateway may serve all this below another path.
    """
    file = await asyncio.to_thread(_read, PAGE)
    if file is None:
        return problem(500, "The page is missing from this installation", "Install the package again.")
    here = b'"../static/' if "key" in request.path_params else b'"static/'
    return Response(file.content.replace(_FILES, here), media_type=file.media_type)


async def show_file(request: Request) -> Response:
    """One of the page's files; a browser asks each time whether it has changed."""
    name = request.path_params["file"]
    file = await asyncio.to_thread(_read, name) if _NAME.fullmatch(name) else None
    if file is None:
        return problem(404, "There is no such file")
    headers = {"etag": file.tag, "cache-control": "no-cache"}
    known = (_NO_TAG.sub("", tag) for tag in request.headers.get("if-none-match", "").split(","))
    if file.tag in known:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)


def no_such_page() -> Response:
    """For a person who asks for what nobody may be told about."""
    return page(404, "There is nothing here", "The session has ended and its record is gone, or it never existed.")


@lru_cache(128)
def _read(name: str) -> StaticFile | None:
    file = FOLDER / name
    media_type = MEDIA_TYPES.get(file.suffix)
    if media_type is None or not file.is_file():
        return None
    content = file.read_bytes()
    return StaticFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:24]}"')
