"""Files that pages need, each at an address that changes with its content, so that browsers may keep it for good."""

from __future__ import annotations

import functools
import mimetypes
from pathlib import Path

import xxhash
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ..configuration import ours
from .logo import read_logo

_FOREVER = "public, max-age=31536000, immutable"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A picture may style itself, and do nothing else, also where it is opened as a page."""
_TEXTS = ("text/", "application/javascript", "application/json", "image/svg")


class Assets(FileSystemStorage):
    """What `{% static %}` asks for addresses."""

    def __init__(self) -> None:
        super().__init__(location=Path(__file__).parent / "static", base_url="/static/")

    def url(self, name: str | None) -> str:
        """The address of a file, with its content's hash."""
        content = read(name or "")
        return f"/static/{name}?v={xxhash.xxh3_64_hexdigest(content)}" if content is not None else f"/static/{name}"


@functools.lru_cache(maxsize=256)
def read(name: str) -> bytes | None:
    """The content of a file that an app brings; None for none."""
    found = finders.find(name)
    return Path(found).read_bytes() if isinstance(found, str) and Path(found).is_file() else None


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponse:
    """One file; kept for good where its address names its content."""
    content = read(name)
    if content is None:
        raise Http404
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = "text/javascript" if name.endswith(".js") else kind
    return _answer(request, content, f"{kind}; charset=utf-8" if kind.startswith(_TEXTS) else kind)


@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    """The publisher's logo."""
    file = ours().room.logo
    if not file:
        raise Http404
    picture = read_logo(file)
    return _answer(request, picture.content, picture.media_type)


def _answer(request: HttpRequest, content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Cache-Control"] = _FOREVER if "v" in request.GET else "public, max-age=300"
    response["Content-Security-Policy"] = _POLICY
    return response
