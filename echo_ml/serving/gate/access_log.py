"""One line a request: JSON, with the route instead of the path, so that no identifier or address gets into the log."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from echo_ml.serving.gate.answering import App, Message, Receive, Scope, Send
from echo_ml.serving.monitoring import Monitoring

logger = logging.getLogger("echo.serving.access")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "(none)"


class AccessLog:
    """The outermost part of the gate: whatever happens inside is counted once and logged once."""

    def __init__(self, app: App, monitoring: Monitoring) -> None:
        """Wrap the rest."""
        self._app, self._monitoring = app, monitoring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, seen = time.perf_counter(), {"status": 500, "bytes": 0}

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            seen["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            self._told(scope, seen["status"], seen["bytes"], time.perf_counter() - begin)

    def _told(self, scope: Scope, status: int, size: int, seconds: float) -> None:
        found = scope.get("route")
        route = getattr(found, "path_format", getattr(found, "path", NO_ROUTE))
        method = scope["method"] if scope["method"] in METHODS else "OTHER"  # anybody may invent one
        self._monitoring.request(route, method, status, seconds)
        line: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 2),
            "bytes": size,
            "key": scope.get("echo.key"),
        }
        logger.info(json.dumps(line))
