"""One question to a REST API, asked until it is answered: backoff with jitter, Retry-After, limits of time and size."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from echo_quality.extracts.declaration import Api
from echo_quality.extracts.errors import ExtractError, Unreachable, scrubbed
from echo_quality.extracts.values import parsed_json

if TYPE_CHECKING:
    import httpx

_MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 120.0
_LARGEST, _PATIENCE = 64 << 20, 10


@dataclass(frozen=True)
class Answer:
    """A page: its content, its headers, and the link to the next one where the header `Link` has it (RFC 8288)."""

    content: Any
    headers: Mapping[str, str]
    next_link: str | None


@dataclass(frozen=True)
class Asking:
    """An API, the client that asks it, and what must not be shown. `pause` waits so many seconds."""

    name: str
    api: Api
    client: httpx.Client
    secret: str = field(default="", repr=False)
    pause: Callable[[float], None] = time.sleep

    def ask(self, url: str, parameters: Mapping[str, str]) -> Answer:
        """The answer; Unreachable when it never came, ExtractError when asking again cannot help."""
        self._refuse_stranger(url)
        problem, waited = "", 0.0
        for attempt in range(self.api.attempts):
            if attempt:
                self.pause(waited)
            answer, problem, waited = self._once(url, parameters, attempt)
            if answer is not None:
                return answer
        raise Unreachable(f"{self.name}: {problem}, after {self.api.attempts} attempts")

    def again(self, attempt: int) -> None:
        """Wait before asking for a page once more whose answer was of no use."""
        self.pause(_backoff(attempt))

    def _once(self, url: str, parameters: Mapping[str, str], attempt: int) -> tuple[Answer | None, str, float]:
        """One attempt: the answer, or what went wrong and how long to wait."""
        import httpx

        try:
            with self.client.stream("GET", url, params=parameters or None) as response:
                if response.status_code in _MAY_PASS:
                    return None, f"answered {response.status_code}", _wait_of(response, attempt)
                if response.status_code != 200:
                    raise ExtractError(f"{self.name}: {_refusal(response.status_code)}")
                return self._answer(response, b"".join(self._bounded(response))), "", 0.0
        except httpx.InvalidURL as error:
            raise ExtractError(f"{self.name}: {scrubbed(str(error), (self.secret,))}") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            said = scrubbed(str(error), (self.secret,))
            return None, f"{type(error).__name__}{f' ({said})' if said else ''}", _backoff(attempt)
        except ValueError as error:
            return None, f"the answer is no sound JSON ({scrubbed(str(error), (self.secret,))})", _backoff(attempt)

    def _bounded(self, response: httpx.Response) -> Any:
        import httpx

        size, until = 0, time.monotonic() + _PATIENCE * self.api.timeout
        for part in response.iter_bytes():
            size += len(part)
            if time.monotonic() > until:
                raise httpx.ReadTimeout(f"a page took longer than {_PATIENCE * self.api.timeout:g} s")
            if size > _LARGEST:
                raise ExtractError(
                    f"{self.name}: a page is larger than {_LARGEST >> 20} MB: declare a smaller pageSize"
                )
            yield part

    def _answer(self, response: httpx.Response, content: bytes) -> Answer:
        link = response.links.get("next", {}).get("url")
        return Answer(parsed_json(content), response.headers, urljoin(str(response.url), link) if link else None)

    def _refuse_stranger(self, url: str) -> None:
        """The token is for one host; a link that leads elsewhere must not get it."""
        if urlsplit(url)[:2] != urlsplit(self.api.location)[:2]:
            raise ExtractError(f"{self.name}: the next page is on {urlsplit(url).netloc}, another host than declared")


def _refusal(status: int) -> str:
    reasons = {
        401: "it does not know us: check the variable that authVariable names",
        403: "it does not let us read: check the rights of the token",
        404: "there is nothing: check `location`",
    }
    moved = "it has moved: declare the new `location`" if 300 <= status < 400 else "it refuses the question"
    return f"answered {status}, {reasons.get(status, moved)}"


def _backoff(attempt: int) -> float:
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret


def _wait_of(response: httpx.Response, attempt: int) -> float:
    """What Retry-After asks for, in seconds or as a date, but no longer than two minutes; else the backoff."""
    written = str(response.headers.get("Retry-After", ""))
    if written.strip().isdigit():
        return min(_LONGEST_WAIT, float(written))
    try:
        seconds = (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds()
        return min(_LONGEST_WAIT, max(0.0, seconds))
    except (TypeError, ValueError):
        return _backoff(attempt)
