"""How often: a bucket of tokens for each key, or for each client where there are no keys."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from echo_ml.serving.gate.answering import App, Receive, Scope, Send, answer, client_of

MOST = 10_000
"""Buckets that are kept; the one that was asked for longest ago goes first."""


class Buckets:
    """A bucket by name: it holds `burst` tokens, and gets `rate` new ones a second."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Every bucket begins full."""
        self._rate, self._burst, self._clock = rate, burst, clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> int:
        """Take one token: 0 if there was one, else the whole seconds until there is."""
        now = self._clock()
        tokens, since = self._known.pop(name, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        self._known[name] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / self._rate))


class RateGate:
    """Turns requests away that come faster than they may; behind the keys, whose names it counts by."""

    def __init__(self, app: App, buckets: Buckets, unlimited: frozenset[str]) -> None:
        """Wrap the rest; `unlimited` are paths that a monitor asks for."""
        self._app, self._buckets, self._unlimited = app, buckets, unlimited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a token, or say when there will be one."""
        if scope["type"] != "http" or scope["path"] in self._unlimited:
            await self._app(scope, receive, send)
            return
        wait = self._buckets.take(scope.get("echo.key") or client_of(scope))
        if wait:
            await answer(send, 429, f"too many requests: go on in {wait} s", {"Retry-After": str(wait)})
        else:
            await self._app(scope, receive, send)
