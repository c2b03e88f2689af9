"""What stands before and after every request: origin, allow-list, errors as help, headers.

Sanic answers its own failures with HTML pages and Rasa adds routes of its own, so both are covered for the whole application, not
only for our routes.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.channels import static
from bot.channels.static import StaticContent
from bot.errors import SignpostError

_log = logging.getLogger(__name__)

_HELP = {401: static.SESSION, 413: static.TOO_LONG, 429: static.BUSY, 503: static.UNAVAILABLE}
_NAMES = {
    400: "bad_request",
    401: "unknown_token",
    403: "origin_not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json",
    429: "too_many",
    503: "unavailable",
}
_DEFAULT_PORTS = {"http": 80, "https": 443}

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


class Refusal(SignpostError):
    """A request that is not served; the reply still gives help.

    Args:
        status: one of the contract's codes.
        error: its name in the reply, where the usual one says too little.
        headers: more headers for the reply.
    """

    def __init__(self, status: int, error: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error or _NAMES[status])
        self.status = status
        self.error = error or _NAMES[status]
        self.headers = dict(headers or {})


def refuse(content: StaticContent, refusal: Refusal) -> HTTPResponse:
    """The JSON reply of a refusal: `{"error", "messages"}`."""
    messages = content.help(_HELP.get(refusal.status, static.REQUEST))
    return json({"error": refusal.error, "messages": messages}, status=refusal.status, headers=refusal.headers)


def as_refusal(error: BaseException) -> Refusal:
    """What a failure means to the person: Sanic's own codes keep their meaning, everything else is "unavailable"."""
    if isinstance(error, Refusal):
        return error
    status = getattr(error, "status_code", 503) if isinstance(error, SanicException) else 503
    if status in _NAMES:
        return Refusal(status)
    return Refusal(400 if 400 <= status < 500 else 503)


def check_origin(request: Request, allowed: Iterable[str]) -> None:
    """A browser may post only from this origin or a listed one; a client that is no browser names none.

    Raises:
        Refusal: 403.
    """
    given = request.headers.get("origin")
    if given is None:
        if request.headers.get("sec-fetch-site", "").lower() == "cross-site":
            raise Refusal(403)
        return
    origin = _origin(given)
    own = _origin(f"{request.scheme}://{request.headers.get('host', '')}")
    if origin is None or origin not in {own, *map(_origin, allowed)}:
        raise Refusal(403)


def _origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for anything that is no web origin, "null" included."""
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    return scheme, host.lower(), port or _DEFAULT_PORTS[scheme]


def install(app: Sanic, content: StaticContent, allowed: Mapping[str, frozenset[str]], max_body: int) -> None:
    """Guard a whole application; call it from a `before_server_start` listener, after Rasa has added what it adds.

    Args:
        app: Rasa's Sanic application.
        content: the help that goes with every refusal.
        allowed: methods by path; everything else is 404 or 405.
        max_body: bytes of a request body.
    """
    app.config.REQUEST_MAX_SIZE = max_body
    app.config.ACCESS_LOG = False

    def admit(request: Request) -> HTTPResponse | None:
        methods = allowed.get(_path(request))
        if methods is None:
            return refuse(content, Refusal(404))
        if request.method not in methods:
            return refuse(content, Refusal(405, headers={"Allow": ", ".join(sorted(methods))}))
        return None

    def failed(request: Request, error: Exception) -> HTTPResponse:
        refusal = as_refusal(error)
        if refusal.status == 503:
            _log.error("A request failed: %s", type(error).__name__)  # its text may hold a person's words
        return refuse(content, refusal)

    app.error_handler.add(Exception, failed)
    app.request_middleware.appendleft(admit)  # before sanic-cors, which would answer every OPTIONS with 200
    app.response_middleware.append(_put_headers)  # after it, so that no other origin is ever let in


def _path(request: Request) -> str:
    try:
        return str(request.path)
    except Exception:
        return ""


def _put_headers(request: Request, response: Any) -> None:
    for name in [name for name in response.headers if name.lower().startswith("access-control-")]:
        del response.headers[name]
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
