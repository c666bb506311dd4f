"""Further processes that execute runs beside this one, because one process of Python keeps one core busy.

A process loads the code location once and then executes the runs that it is given, one at a time, under the planning
lock of the process that gave them. It ends with that process, even if that is killed: nobody works on without the lock.
"""

from __future__ import annotations

import functools
import gc
import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from echo_assets.settings import Settings

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.remote_origin import RemoteJobOrigin

    from echo_assets.planner.report import RunReport

WORTH_STARTING = 4
_INTERRUPTED = threading.Event()
"""In a further process: whether Ctrl-C came between runs."""


class RunProcessError(RuntimeError):
    """A further process is gone: it was killed, perhaps for want of memory."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "A process that this one had started for its runs has ended before its run did. Run again: what was "
            "published stays. If memory is short, set ECHO_PARALLEL_RUNS=1."
        )


class RunProcesses:
    """`settings.parallel_runs` less one further processes, started when first needed; a context manager ends them."""

    def __init__(self, settings: Settings) -> None:
        """Start nothing yet."""
        self._count = settings.parallel_runs - 1
        self._settings = settings
        self._pool: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Begin to start them, for who knows that they will be needed: to load everything takes some seconds."""
        if self._pool is None and self._count:
            start, given = multiprocessing.get_context("spawn"), (self._settings, gc.get_threshold())
            self._pool = ProcessPoolExecutor(self._count, start, initializer=_prepare, initargs=given)
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited, until they can take it
            try:
                for _ in range(self._count):
                    self._pool.submit(os.getpid)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def helping(self, lanes: int) -> int:
        """How many of them help with so many lanes of runs; a few lanes are done before the first has started."""
        return self._count if self._pool is not None or lanes >= WORTH_STARTING else 0

    def load(self, modules: Sequence[str]) -> None:
        """Have those that have started load these modules now, while nothing else is theirs to do."""
        if self._pool is not None:
            for _ in range(self._count):
                self._pool.submit(_load, modules)

    def execute(self, keys: Iterable[dg.AssetKey], tags: Mapping[str, str], origin: RemoteJobOrigin) -> RunReport:
        """Materialise these assets in one run, in the next process that is free, and wait for its end."""
        self.start()
        if self._pool is None:
            raise RuntimeError("there are no further processes")
        try:
            return self._pool.submit(_execute, self._settings, list(keys), dict(tags), origin).result()
        except BrokenProcessPool as error:
            raise RunProcessError from error

    def __enter__(self) -> RunProcesses:
        """Hand over what has not started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the runs under way, and end the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _prepare(settings: Settings, garbage: tuple[int, int, int]) -> None:
    """Load what runs need."""
    _leave_signals()
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    gc.set_threshold(*garbage)
    from echo_quality.suites.batches import great_expectations_library

    _job(settings)
    great_expectations_library()


def _leave_signals() -> None:
    """Between runs Ctrl-C is only noted, so that no other run begins; within one, Dagster sees to it."""
    signal.signal(signal.SIGINT, _note_interrupt)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _note_interrupt(*_: object) -> None:
    _INTERRUPTED.set()


def _end_with_the_other() -> None:
    other = multiprocessing.parent_process()
    if other is not None:
        wait([other.sentinel])
        os._exit(1)


def _load(modules: Sequence[str]) -> None:
    for module in modules:
        importlib.import_module(module)


def _execute(
    settings: Settings, keys: list[dg.AssetKey], tags: dict[str, str], origin: RemoteJobOrigin
) -> RunReport:  # fmt: skip
    from echo_assets.planner.runs import execute_assets

    if _INTERRUPTED.is_set():
        raise KeyboardInterrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return execute_assets(keys, tags, _job(settings), _instance(settings), origin=origin)
    finally:
        _leave_signals()


@functools.cache
def _job(settings: Settings) -> dg.JobDefinition:
    from echo_assets.definitions import build

    return build(settings).resolve_implicit_global_asset_job_def()


@functools.cache
def _instance(settings: Settings) -> dg.DagsterInstance:
    import dagster as dg

    return dg.DagsterInstance.from_config(str(settings.dagster_home))
