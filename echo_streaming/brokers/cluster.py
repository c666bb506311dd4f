"""How to reach a broker, as a value that every client is made from. Nothing here connects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_ONLY_CRITICAL = 2
"""The client writes to standard error what it also tells our callbacks."""


class BrokerError(RuntimeError):
    """A broker cannot be used; the message says which, and what to do."""


@dataclass(frozen=True)
class Security:
    """TLS and SASL, passed through to the client as they are; empty means the client's default."""

    protocol: str = ""
    mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""
    certificate: str = ""
    key: str = ""
    key_password: str = field(default="", repr=False)

    def options(self) -> dict[str, str]:
        """The client's names for what is given."""
        named = {
            "security.protocol": self.protocol,
            "sasl.mechanism": self.mechanism,
            "sasl.username": self.username,
            "sasl.password": self.password,
            "ssl.ca.location": self.ca,
            "ssl.certificate.location": self.certificate,
            "ssl.key.location": self.key,
            "ssl.key.password": self.key_password,
        }
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class Cluster:
    """Brokers that a client can reach."""

    bootstrap: str
    security: Security = field(default_factory=Security)
    is_embedded: bool = False
    """The embedded broker: it tells the end of a partition only while it is read, and each start is a new log."""

    def options(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """A client's configuration."""
        own = {"bootstrap.servers": self.bootstrap, "client.id": "echo", "log_level": _ONLY_CRITICAL}
        return {**own, **self.security.options(), **more}
