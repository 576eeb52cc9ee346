"""Counts every answer on its way out, outside of all walls: by method, pattern of the address, status and time."""

from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.measures import METHODS, NO_ROUTE, Measures
from portal.spans import Span, Spans

SERVER_ERRORS: Final = 500


class Measured:
    """Wrap an application so that its answers are counted."""

    def __init__(self, app: ASGIApp, measures: Measures, spans: Spans) -> None:
        self._app, self._measures, self._spans = app, measures, spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, complete, status = monotonic(), False, 0

        async def counted(message: Message) -> None:
            nonlocal complete, status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._measures.answered(scope["method"], _pattern(scope), status, monotonic() - began)
            elif message["type"] == "http.response.body":
                complete = not message.get("more_body", False)
            await send(message)

        with self._spans.root("request", asked=True) as span:
            try:
                await self._app(scope, receive, counted)
            finally:
                if not complete:
                    self._measures.broke(_pattern(scope))
                if span is not None:
                    _describe(span, scope, status)


def _describe(span: Span, scope: Scope, status: int) -> None:
    method, pattern = scope["method"] if scope["method"] in METHODS else "_OTHER", _pattern(scope)
    span.name = f"{method} {pattern}"
    span.said = {
        "http.request.method": method,
        "http.route": pattern,
        "http.response.status_code": status,
        "portal.request": str(scope.get("state", {}).get("request_id", "")),
    }
    span.failed = status >= SERVER_ERRORS or not status


def _pattern(scope: Scope) -> str:
    """Give the address as routes.py writes it, without what stands in it."""
    path: str = getattr(scope.get("route"), "path", NO_ROUTE)
    return path
