"""Who may ask: keys, compared in constant time. Without any, everybody may, and the server listens here only."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from hashlib import sha256

from echo_ml.serving.gate.answering import App, Receive, Scope, Send, answer, client_of, header
from echo_ml.serving.gate.rate import Buckets


class Keys:
    """The keys that are known, as hashes. A key's name in the log is the beginning of its hash."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Forget the keys themselves."""
        self._known = [sha256(key.encode()).digest() for key in keys]

    def __bool__(self) -> bool:
        """Whether a key is asked for at all."""
        return bool(self._known)

    def name_of(self, presented: str) -> str | None:
        """The name of a key that is known; every known one is compared, whichever it is."""
        digest = sha256(presented.encode("utf-8", "surrogateescape")).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._known]
        return digest.hex()[:8] if any(matches) else None


class KeyGate:
    """Lets a request pass that brings a known key as a bearer token, or asks for what is open to everybody.

    Wrong keys are counted by client, so that nobody can try many.
    """

    def __init__(self, app: App, keys: Keys, open_paths: Collection[str], tries: Buckets) -> None:
        """Wrap the rest."""
        self._app, self._keys, self._open, self._tries = app, keys, frozenset(open_paths), tries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the key."""
        if scope["type"] != "http" or not self._keys or self._is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        scheme, _, key = (header(scope, "authorization") or "").partition(" ")
        name = self._keys.name_of(key.strip()) if scheme.lower() == "bearer" else None
        if name is not None:
            scope["echo.key"] = name
            await self._app(scope, receive, send)
        elif (wait := self._tries.take(client_of(scope))) > 0:
            await answer(send, 429, "too many requests without a valid key", {"Retry-After": str(wait)})
        else:
            said = "a key is needed: send it as `Authorization: Bearer <key>`" if not key else "the key is not known"
            await answer(send, 401, said, {"WWW-Authenticate": "Bearer"})

    def _is_open(self, path: str) -> bool:
        return path in self._open or path.startswith("/docs/")
