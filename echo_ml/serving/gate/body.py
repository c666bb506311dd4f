"""How much, and how long: a body is read here, up to a limit and within a time, whatever its headers say of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from echo_ml.serving.gate.answering import App, Message, Receive, Scope, Send, answer, header


class TooLarge(Exception):
    """The body has more bytes than it may."""


class Gone(Exception):
    """The caller went away while the body was read."""


class BodyGate:
    """Hands the rest a body that is there as a whole; one that is too large or too slow never reaches it."""

    def __init__(self, app: App, most_bytes: int, seconds: float) -> None:
        """Wrap the rest."""
        self._app, self._most, self._seconds = app, most_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then pass it on in one piece."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = header(scope, "content-length") or ""
        too_large = f"the body is larger than {self._most} bytes"
        try:
            if declared.isdigit() and len(declared) < 20 and int(declared) > self._most:
                raise TooLarge
            body = await asyncio.wait_for(self._read(receive), self._seconds)
        except TooLarge:
            await answer(send, 413, too_large, {"Connection": "close"})
        except TimeoutError:
            await answer(send, 408, f"the body did not arrive within {self._seconds:g} s", {"Connection": "close"})
        except Gone:
            return
        else:
            await self._app(scope, _replayed(body, receive), send)

    async def _read(self, receive: Receive) -> bytes:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._most:
                raise TooLarge
            if not message.get("more_body", False):
                return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What was read, once; then whatever else the connection says."""
    waiting: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def replay() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return replay
