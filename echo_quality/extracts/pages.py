"""Following the pages of a REST API to their end: by number, offset, cursor or link, none twice, none left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from echo_quality.extracts.asking import Answer, Asking
from echo_quality.extracts.declaration import Api
from echo_quality.extracts.errors import ExtractError
from echo_quality.extracts.values import json_text

_MOST_PAGES = 100_000
_LOOKS_AT_A_REPEAT = 3
Record = dict[str, Any]


@dataclass
class Pages:
    """One walk through all pages. `total` is what the API said last about how many records there are.

    `has_shifted` says that it said otherwise before: then records have moved from page to page, some may be missing.
    """

    asking: Asking
    filters: Mapping[str, str]
    total: int | None = None
    received: int = 0
    has_shifted: bool = False
    _seen: dict[bytes, int] = field(default_factory=dict)
    _places: set[str] = field(default_factory=set)

    def records(self) -> Iterator[Record]:
        """Every record, page by page; ExtractError when the pages lead nowhere."""
        url, place = self.asking.api.location, self.first
        for number in range(1, _MOST_PAGES + 1):
            answer, records = self._page(url, place, number)
            self.received += len(records)
            yield from records
            following = self._next(answer, len(records), number)
            if following is None:
                return
            url, place = following
        raise ExtractError(
            f"{self._name}: more than {_MOST_PAGES} pages: declare a larger pageSize, or a sinceParameter"
        )

    def _page(self, url: str, place: Mapping[str, str], number: int) -> tuple[Answer, list[Record]]:
        """A page that is none of those before. One that repeats is asked for again: a cache may have answered."""
        for look in range(_LOOKS_AT_A_REPEAT):
            answer = self.asking.ask(url, place)
            records = records_of(answer.content, self._api.records)
            digest = hashlib.sha256("\n".join(map(json_text, records)).encode()).digest()
            if not records or digest not in self._seen:
                self._seen[digest] = number
                self._count(answer)
                return answer, records
            self.asking.again(look)
        raise ExtractError(
            f"{self._name}: page {number} is page {self._seen[digest]} again, so the pages do not advance; check"
            " `paging` and its parameters, or declare where the answer has its `total`"
        )

    @property
    def _api(self) -> Api:
        return self.asking.api

    @property
    def _name(self) -> str:
        return self.asking.name

    @property
    def first(self) -> dict[str, str]:
        """The parameters of the first page."""
        api = self._api
        size = {api.page_size_parameter: str(api.page_size)} if api.page_size else {}
        start = {"page": {api.page_parameter: str(api.first_page)}, "offset": {api.page_parameter: "0"}}
        return {**dict(api.parameters), **self.filters, **size, **start.get(api.paging, {})}

    def _next(self, answer: Answer, count: int, number: int) -> tuple[str, dict[str, str]] | None:
        """Where the next page is; None at the end."""
        api = self._api
        if api.paging == "none":
            return None
        if api.paging in ("page", "offset"):
            if count == 0 or (self.total is not None and self.received >= self.total):
                return None
            at = api.first_page + number if api.paging == "page" else self.received
            return api.location, {**self.first, api.page_parameter: str(at)}
        if api.paging == "cursor":
            cursor = _found(answer, api.next)
            return self._unless_visited(cursor, api.location, {**self.first, api.page_parameter: str(cursor)})
        link = _found(answer, api.next) if api.next else answer.next_link
        return self._unless_visited(link, urljoin(api.location, str(link)), {})

    def _unless_visited(self, place: Any, url: str, parameters: dict[str, str]) -> tuple[str, dict[str, str]] | None:
        if place in (None, "", False):
            return None
        if str(place) in self._places:
            raise ExtractError(f"{self._name}: the pages go round in a circle: the same next page came twice")
        self._places.add(str(place))
        return url, parameters

    def _count(self, answer: Answer) -> None:
        found = _found(answer, self._api.total) if self._api.total else None
        if found is None:
            return
        try:
            total = int(str(found))
        except ValueError:
            raise ExtractError(f"{self._name}: total {found!r} is no number: check where `total` points") from None
        is_counted = self._api.paging in ("page", "offset")
        self.has_shifted = self.has_shifted or (is_counted and self.total not in (None, total))
        self.total = total


def records_of(content: Any, path: str) -> list[Record]:
    """The list of records in an answer; ExtractError where there is none."""
    found = at_path(content, path)
    if found is None and path and isinstance(content, dict):
        raise ExtractError(f"no {path!r} in the answer, which has {', '.join(sorted(content)[:12])}: check `records`")
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise ExtractError(f"{path or 'the answer'} is no list of objects: declare in `records` where the list is")
    return found


def at_path(content: Any, path: str) -> Any:
    """What a dotted path leads to; None where it leads nowhere."""
    for step in path.split(".") if path else ():
        content = content.get(step) if isinstance(content, dict) else None
    return content


def _found(answer: Answer, path: str) -> Any:
    if path.startswith("header:"):
        return answer.headers.get(path.removeprefix("header:"))
    return at_path(answer.content, path)
