"""Answers that come from the gate itself, and what ASGI says of a request; no rule lives here."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def answer(send: Send, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
    """A whole answer with a sentence as its body."""
    body = json.dumps({"detail": detail}).encode()
    given = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    pairs = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def header(scope: Scope, name: str) -> str | None:
    """The first header of this name."""
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for found, value in scope["headers"] if found == wanted), None)


def client_of(scope: Scope) -> str:
    """The address that the connection comes from; what a caller writes into headers is not believed."""
    return str((scope.get("client") or ("unknown", 0))[0])
