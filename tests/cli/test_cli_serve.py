"""`echoctl serve` refuses what it must before anything is started."""

from __future__ import annotations

import socket

import pytest
from echoctl import Echoctl


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])
def test_without_keys_it_does_not_listen_where_others_could_reach_it(cold: Echoctl, host: str) -> None:
    told = cold("serve", ECHO_SERVE_HOST=host)
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert "ECHO_API_KEYS" in told.err


def test_a_port_that_is_taken_is_told_with_the_way_out(cold: Echoctl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = cold("serve", "--port", port)
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert port in told.err and "ECHO_SERVE_PORT" in told.err


def test_a_moment_that_is_none_is_told(cold: Echoctl) -> None:
    told = cold("serve", "--now", "yesterday")
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert "2025-07-01T06:00" in told.err
