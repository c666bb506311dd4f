"""A real HTTP server with pages of orders, which can be told what to do wrong. Fixtures are in conftest.py."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], bytes]


def order(number: int, day: str = "2024-03-01", amount: str = "10.50", **more: Any) -> dict[str, Any]:
    return {"id": f"o{number}", "changed_at": f"{day}T10:00:00Z", "amount": amount, **more}


@dataclass
class ShopApi:
    """Orders by page, offset, cursor or link. `tricks` are asked first; one that returns None has no objection."""

    server: ThreadingHTTPServer
    orders: list[dict[str, Any]] = field(default_factory=list)
    size: int = 2
    tricks: list[Callable[[dict[str, str]], Answer | None]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    total: Callable[[ShopApi], int | None] = lambda api: len(api.orders)

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[ShopApi]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        api = cls(server)
        server.api = api  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/orders"

    def declared(self, **properties: Any) -> str:
        """The server as a contract declares it."""
        given = {"cursorColumn": "changed_at", "records": "data.orders", "total": "data.total", **properties}
        lines = [f"- server: shop_api\n  type: api\n  location: {self.url}\n  customProperties:"]
        lines += [
            f"    - {json.dumps({'property': name, 'value': value})}"
            for name, value in given.items()
            if value is not None
        ]
        return "\n".join(lines)

    def answer(self, asked: dict[str, str]) -> Answer:
        self.asked.append(asked)
        for trick in self.tricks:
            if (found := trick(asked)) is not None:
                return found
        return self.page(asked)

    def page(self, asked: dict[str, str]) -> Answer:
        """The page that was asked for, with every way of naming the next one."""
        orders = [each for each in self.orders if (each["changed_at"] or "9")[:10] >= asked.get("since", "")[:10]]
        at = int(asked.get("offset", asked.get("cursor", (int(asked.get("page", 1)) - 1) * self.size)))
        after = at + self.size
        following = str(after) if after < len(orders) else None
        data = {"orders": orders[at:after], "total": self.total(self) if "since" not in asked else len(orders)}
        link = {"Link": f'<{self.url}?cursor={after}>; rel="next"'} if following else {}
        return 200, link, json.dumps({"data": data, "next": following}).encode()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        api: ShopApi = self.server.api  # type: ignore[attr-defined]
        status, headers, body = api.answer({**asked, "authorization": self.headers.get("Authorization", "")})
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Stay silent."""
