"""Threads that look at something again and again until they are told to stop; no error of one look ends them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from echo_ml.serving.problems import Problem

logger = logging.getLogger(__name__)


class Watch:
    """One thread that calls a function at once, and then every so many seconds."""

    def __init__(self, name: str, look: Callable[[], None], every: float) -> None:
        """Start nothing yet."""
        self._look = look
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: float = 5.0) -> None:
        """End, after the look that is under way."""
        self._stop.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except Problem as problem:
                logger.info("%s: %s", self._thread.name, problem.detail)
            except Exception:  # a watch that dies would leave what it watches as it was for ever
                logger.exception("%s failed", self._thread.name)
            self._stop.wait(self._every)
