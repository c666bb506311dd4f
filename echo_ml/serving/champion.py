"""The model that answers: the registry's champion, kept loaded, and exchanged for a new one without a pause.

A thread of its own looks at the alias. A new version is loaded beside the old one, and answers only after it has
predicted once; one that cannot be loaded changes nothing but what /health says.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from echo_ml.serving.problems import Unavailable

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 300
"""A version that could not be loaded is tried again after twice as long each time, up to so long."""

Rows = Sequence[Mapping[str, Any]]
"""Feature values by name, one mapping a customer."""


@dataclass(frozen=True)
class LoadedModel:
    """A version of the model in memory. `predict` gives one probability a row, from the values of its inputs."""

    name: str
    version: str
    run_id: str
    inputs: tuple[str, ...]
    predict: Callable[[Rows], list[float]]


class ModelSource(Protocol):
    """Where models come from."""

    @property
    def name(self) -> str:
        """The registered model."""

    def champion(self) -> str | None:
        """The version that is champion now, None if there is none."""

    def load(self, version: str) -> LoadedModel:
        """A version of the model, in memory."""


class Unfit(RuntimeError):
    """A version that loads and cannot be served; the message says why."""


@dataclass(frozen=True)
class ChampionState:
    """What is known of the champion: whether somebody has looked at all, and why the newest version does not answer."""

    looked: bool = False
    wanted: str | None = None
    loaded_at: datetime | None = None
    failures: int = 0
    error: str | None = None


class Champion:
    """Holds the model that answers; `look` is called by one thread, everybody else only reads."""

    def __init__(self, source: ModelSource, known: Collection[str], clock: Callable[[], datetime]) -> None:
        """Load nothing yet; `known` are the features that can be read."""
        self._source = source
        self._known = frozenset(known)
        self._clock = clock
        self._model: LoadedModel | None = None
        self._looking = threading.Lock()
        self._retry_at = ("", 0.0)
        self.state = ChampionState()

    @property
    def name(self) -> str:
        """The registered model."""
        return self._source.name

    @property
    def loaded(self) -> LoadedModel | None:
        """The model that answers, if there is one."""
        return self._model

    @property
    def is_settled(self) -> bool:
        """Whether a model answers, or there is none to answer."""
        return self._model is not None or (self.state.looked and self.state.wanted is None and not self.state.error)

    def model(self) -> LoadedModel:
        """The model that answers; Unavailable if there is none."""
        if self._model is not None:
            return self._model
        if self.state.error:
            raise Unavailable(f"{self.name} cannot be loaded; /health says why")
        if not self.state.looked or self.state.wanted:
            raise Unavailable(f"{self.name} is being loaded")
        raise Unavailable(f"no version of {self.name} is champion: none has beaten the baseline yet")

    def look(self) -> None:
        """Ask for the champion, and exchange the model if it is another one; what fails is remembered, not raised."""
        with self._looking:
            try:
                wanted = self._source.champion()
                if wanted is None:
                    self._model = None  # nobody is champion any more: nothing may answer in its name
                if wanted is None or (self._model and self._model.version == wanted):
                    self.state = ChampionState(True, wanted, self.state.loaded_at if wanted else None)
                elif self._may_try(wanted):
                    self.state = replace(self.state, looked=True, wanted=wanted)
                    self._exchange(wanted)
            except Exception as error:  # noqa: BLE001 - a model may fail in any way, and the old one must stay
                self._failed(error)

    def _may_try(self, version: str) -> bool:
        failed, until = self._retry_at
        return failed != version or time.monotonic() >= until

    def _exchange(self, version: str) -> None:
        model = self._source.load(version)
        unknown = sorted(set(model.inputs) - self._known)
        if unknown:
            raise Unfit(f"version {version} asks for features that are not declared: {', '.join(unknown)}")
        answer = model.predict([dict.fromkeys(model.inputs)])
        if len(answer) != 1 or not 0 <= answer[0] <= 1 or not math.isfinite(answer[0]):
            raise Unfit(f"version {version} does not answer with one probability for one customer")
        self._model = model
        self.state = ChampionState(True, version, self._clock())
        logger.info("version %s of %s answers from now on", version, model.name)

    def _failed(self, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}" if isinstance(error, Unfit) else type(error).__name__
        failures = self.state.failures + 1
        self._retry_at = (self.state.wanted or "", time.monotonic() + min(2**failures, PATIENCE_SECONDS))
        self.state = ChampionState(True, self.state.wanted, self.state.loaded_at, failures, reason)
        logger.warning("%s cannot be brought up to date: %s", self.name, reason, exc_info=failures == 1)
