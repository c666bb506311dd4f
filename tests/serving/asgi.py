"""Asking an ASGI application message by message: slow bodies, no lengths, callers that leave. No tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from echo_ml.serving.gate.answering import App, Message, Receive, Scope, Send


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def ask(
    app: App, parts: Iterable[bytes | None] = (b"",), *, path: str = "/", method: str = "POST",
    client: str = "10.0.0.1", **headers: str,
) -> Answer:  # fmt: skip
    """One request; a part that is None never comes, and the connection stays open."""
    return asyncio.run(_asked(app, parts, path, method, client, headers))


async def _asked(
    app: App, parts: Iterable[bytes | None], path: str, method: str, client: str, headers: dict[str, str]
) -> Answer:
    answer, given = Answer(), list(parts)
    messages = _messages(given)

    async def receive() -> Message:
        return await anext(messages)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        answer.body += message.get("body", b"")

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {
        "type": "http", "method": method, "path": path, "headers": pairs, "client": (client, 1), "query_string": b"",
        "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    return answer


async def _messages(parts: list[bytes | None]) -> AsyncIterator[Message]:
    for position, part in enumerate(parts):
        if part is None:
            await asyncio.Event().wait()
        yield {"type": "http.request", "body": part, "more_body": position < len(parts) - 1}
    yield {"type": "http.disconnect"}


@dataclass
class Inside:
    """What the gate is around: it remembers the bodies and the keys' names that reach it."""

    bodies: list[bytes] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.bodies.append(message["body"])
        self.keys.append(scope.get("echo.key"))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})
