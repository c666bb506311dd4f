"""The gate: who may ask, how often, how much and how long; and what is written of it."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from hashlib import sha256

import pytest
from asgi import Inside, ask

from echo_ml.serving.gate import keys as keys_module
from echo_ml.serving.gate.access_log import AccessLog
from echo_ml.serving.gate.answering import Receive, Scope, Send
from echo_ml.serving.gate.body import BodyGate
from echo_ml.serving.gate.deadline import Deadline
from echo_ml.serving.gate.keys import KeyGate, Keys
from echo_ml.serving.gate.rate import MOST, Buckets, RateGate
from echo_ml.serving.monitoring import Monitoring
from echo_ml.serving.server import NotSafe, require_keys

KEY, OTHER = "a-key-of-sixteen-or-more", "another-key-that-is-known"


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def guarded(inside: Inside, *keys: str, tries: Buckets | None = None) -> KeyGate:
    return KeyGate(inside, Keys(keys), ("/health",), tries or Buckets(1, 100))


def test_a_known_key_passes_and_is_named_by_the_beginning_of_its_hash() -> None:
    inside = Inside()
    for key in (KEY, OTHER):
        assert ask(guarded(inside, KEY, OTHER), authorization=f"Bearer {key}").status == 200
    assert inside.keys == [sha256(key.encode()).hexdigest()[:8] for key in (KEY, OTHER)]


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", f"Basic {KEY}", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", "Bearer é"]
)
def test_any_other_key_is_a_401_that_says_how(header: str | None) -> None:
    inside = Inside()
    answer = ask(guarded(inside, KEY), **({} if header is None else {"authorization": header}))
    assert (answer.status, answer.headers["www-authenticate"], inside.bodies) == (401, "Bearer", [])
    assert KEY[:-1] not in answer.body.decode()


def test_a_key_is_compared_with_every_known_one_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared, compare = list[bytes](), hmac.compare_digest

    def recording(one: bytes, other: bytes) -> bool:
        compared.append(other)
        return compare(one, other)

    monkeypatch.setattr(keys_module.hmac, "compare_digest", recording)
    assert Keys([KEY, OTHER]).name_of(KEY)
    assert len(compared) == 2, "the first match must not end the comparison"


def test_health_needs_no_key_and_without_keys_nothing_does() -> None:
    inside = Inside()
    assert ask(guarded(inside, KEY), path="/health").status == 200
    assert ask(guarded(inside, KEY), path="/health/../metrics").status == 401
    assert ask(guarded(inside), path="/metrics").status == 200


def test_who_tries_many_keys_is_slowed_down_and_nobody_else_is() -> None:
    clock = Clock()
    gate = guarded(Inside(), KEY, tries=Buckets(1, 3, clock))
    statuses = [ask(gate, authorization="Bearer no", client="10.0.0.9").status for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert ask(gate, authorization="Bearer no", client="10.0.0.8").status == 401
    assert ask(gate, authorization=f"Bearer {KEY}", client="10.0.0.9").status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "127.0.0.2", "localhost"])
def test_without_keys_it_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(NotSafe, match="ECHO_API_KEYS"):
        require_keys(host, ())
    require_keys(host, (KEY,))
    require_keys("127.0.0.1", ())
    require_keys("::1", ())


def test_a_bucket_empties_and_fills_again() -> None:
    clock = Clock()
    gate = RateGate(Inside(), Buckets(2, 3, clock), frozenset({"/health"}))
    assert [ask(gate).status for _ in range(4)] == [200, 200, 200, 429]
    refused = ask(gate)
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    assert ask(gate, client="10.0.0.2").status == 200, "another client has a bucket of its own"
    assert ask(gate, path="/health").status == 200
    clock.now = 0.5
    assert [ask(gate).status for _ in range(2)] == [200, 429]


def test_a_client_that_only_writes_another_address_into_its_headers_is_the_same_client() -> None:
    gate = RateGate(Inside(), Buckets(1, 1, Clock()), frozenset())
    assert [ask(gate, x_forwarded_for=f"1.2.3.{number}").status for number in range(2)] == [200, 429]


def test_buckets_of_many_clients_do_not_fill_the_memory() -> None:
    buckets = Buckets(1, 1, Clock())
    for number in range(MOST + 50):
        buckets.take(str(number))
    assert len(buckets._known) == MOST


def test_a_body_arrives_in_one_piece_up_to_the_limit() -> None:
    inside = Inside()
    assert ask(BodyGate(inside, 6, 10), [b"abc", b"def"]).status == 200
    assert inside.bodies == [b"abcdef"]


@pytest.mark.parametrize(
    ("parts", "headers"),
    [
        ([b"abc", b"defg"], {}),
        ([b"abcdefg"], {"content_length": "7"}),
        ([b"abc", b"defg", None], {"transfer_encoding": "chunked"}),
        ([b"abcdefg"], {"content_length": "3"}),
        ([b""], {"content_length": "99999999999"}),
    ],
)
def test_a_body_over_the_limit_is_a_413_whatever_its_headers_say(
    parts: list[bytes | None], headers: dict[str, str]
) -> None:
    inside = Inside()
    answer = ask(BodyGate(inside, 6, 10), parts, **headers)
    assert (answer.status, answer.headers["connection"], inside.bodies) == (413, "close", [])


def test_a_body_that_does_not_come_is_a_408() -> None:
    assert ask(BodyGate(Inside(), 6, 0.05), [b"a", None]).status == 408


def test_an_answer_that_takes_too_long_is_a_503_and_what_comes_later_is_not_sent() -> None:
    go_on, done = asyncio.Event(), []

    async def hanging(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        done.append(scope["path"])

    async def both() -> tuple[int, int]:
        from asgi import _asked

        gate = Deadline(hanging, 0.05)
        answer = await _asked(gate, [b""], "/", "GET", "10.0.0.1", {})
        go_on.set()
        while not done:
            await asyncio.sleep(0)
        return answer.status, len(gate._left)

    status, _ = asyncio.run(both())
    assert (status, done) == (503, ["/"])


def test_the_log_is_one_json_line_without_identifiers_or_addresses(caplog: pytest.LogCaptureFixture) -> None:
    class Route:
        path = "/features/{entity}/{id}"

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"], scope["echo.key"] = Route, "0a1b2c3d"
        await Inside()(scope, receive, send)

    monitoring = Monitoring()
    with caplog.at_level(logging.INFO, "echo.serving.access"):
        ask(AccessLog(inside, monitoring), path="/features/customer/Jane.Doe@example.com", method="GET")
        ask(AccessLog(Inside(), monitoring), path="/Jane", method="JANE")
    first, second = (json.loads(record.getMessage()) for record in caplog.records)
    assert first.keys() == {"at", "method", "route", "status", "ms", "bytes", "key"}
    assert (first["route"], first["status"], first["bytes"], first["key"]) == (Route.path, 200, 2, "0a1b2c3d")
    assert (second["route"], second["method"]) == ("(none)", "OTHER")
    assert "Jane" not in caplog.text and "10.0.0.1" not in caplog.text
    page = monitoring.page().decode()
    assert 'echo_requests_total{method="GET",route="/features/{entity}/{id}",status="200"} 1.0' in page
    assert "JANE" not in page


def test_what_fails_inside_is_counted_as_a_500(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    monitoring = Monitoring()
    with pytest.raises(ZeroDivisionError):
        ask(AccessLog(failing, monitoring))
    assert 'status="500"} 1.0' in monitoring.page().decode()
