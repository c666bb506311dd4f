"""What a user may set of the stream, as one value: read from variables elsewhere, taken apart here for who needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from echo_streaming.brokers.cluster import Security
from echo_streaming.consumer.terms import Terms


@dataclass(frozen=True)
class StreamOptions:
    """The topic, the group, when a batch is written, and how the broker wants to be spoken to."""

    topic: str = "user_events"
    group: str = "echo"
    partitions: int = 4
    flush_events: int = 5000
    flush_ms: int = 100
    metrics_port: int | None = None
    max_lag: int = 100_000
    """Records of a partition that may wait before its check turns red."""
    security_protocol: str = ""
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)
    ssl_ca: str = ""
    ssl_certificate: str = ""
    ssl_key: str = ""
    ssl_key_password: str = field(default="", repr=False)

    WHOLE: ClassVar[dict[str, tuple[int, int]]] = {
        "partitions": (1, 1000),
        "flush_events": (1, 100_000),
        "flush_ms": (10, 60_000),
        "metrics_port": (1024, 65_535),
        "max_lag": (1, 1_000_000_000),
    }
    """Whole numbers, from and to."""
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {
        "security_protocol": ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"),
        "sasl_mechanism": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"),
    }

    @staticmethod
    def setting(name: str) -> str:
        """The variable of an option."""
        owner = "KAFKA" if name.startswith(("security_", "sasl_", "ssl_")) else "STREAM"
        return f"ECHO_{owner}_{name.upper()}"

    @classmethod
    def read(cls, name: str, text: str) -> str | int:
        """An option from its text; ValueError says what is expected instead."""
        if name in cls.WHOLE:
            low, high = cls.WHOLE[name]
            if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
                raise ValueError(f"a whole number from {low} to {high}")
            return int(text)
        choices = {choice.lower(): choice for choice in cls.CHOICES.get(name, ())}
        if choices and text.lower() not in choices:
            raise ValueError(f"one of {', '.join(choices.values())}")
        return choices.get(text.lower(), text)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> StreamOptions:
        """The usual options, but for what is given; None is not."""
        return cls(**{name: value for name, value in given.items() if value is not None})

    def security(self) -> Security:
        """For clients of a broker of the user's."""
        return Security(
            self.security_protocol,
            self.sasl_mechanism,
            self.sasl_username,
            self.sasl_password,
            self.ssl_ca,
            self.ssl_certificate,
            self.ssl_key,
            self.ssl_key_password,
        )

    def terms(self, timezone: str) -> Terms:
        """For a consumer; business days begin in that zone."""
        return Terms(self.topic, self.group, timezone, self.flush_events, self.flush_ms / 1000)
