"""The API as a process of its own, with the formula as its model: `serving_process.py URL PORT`. No tests."""

from __future__ import annotations

import sys

from served_model import Registry
from served_warehouse import NOW
from serving_under_test import backend_over

from echo_ml.serving.app import create_app
from echo_ml.serving.limits import ServingLimits
from echo_ml.serving.server import listening, run


def main(url: str, port: int) -> None:
    """Serve until somebody ends it."""
    backend = backend_over(url, Registry(), [NOW], ServingLimits(rate=10_000))
    run(create_app(backend), listening("127.0.0.1", port))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
