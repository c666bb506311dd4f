"""Structured logs: one JSON object a line on standard error: what happened, when, and the figures that go with it."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    """A record's message is what happened; `extra={"fields": {...}}` are its figures."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str, ensure_ascii=False)


def log_as_json(level: int = logging.INFO) -> None:
    """Have everything of this package told that way."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("echo_streaming")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
