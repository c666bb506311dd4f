"""How long an answer may take: after that it is a 503, whatever the request still waits for."""

from __future__ import annotations

import asyncio
import logging

from echo_ml.serving.gate.answering import App, Message, Receive, Scope, Send, answer
from echo_ml.serving.problems import RETRY_SECONDS

logger = logging.getLogger(__name__)


class Deadline:
    """Answers in time. A thread that hangs in a database that says nothing cannot be ended; it is left behind."""

    def __init__(self, app: App, seconds: float) -> None:
        """Wrap the rest."""
        self._app, self._seconds = app, seconds
        self._left: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the rest so long, and no longer; what it says afterwards is not sent."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = {"over": False, "begun": False}

        async def guarded(message: Message) -> None:
            if not state["over"]:
                state["begun"] = True
                await send(message)

        task = asyncio.ensure_future(self._app(scope, receive, guarded))
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        if done:
            await task
            return
        state["over"] = True
        self._left.add(task)
        task.add_done_callback(self._forget)
        if not state["begun"]:
            await answer(send, 503, "the answer took too long", {"Retry-After": str(RETRY_SECONDS)})

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._left.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.warning("a request that was given up failed later: %s", type(task.exception()).__name__)
