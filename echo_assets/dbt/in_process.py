"""dbt in this process, on a thread of its own: the imports and the parsed project are paid for once.

dbt keeps global state (flags, the event manager, adapters, the working directory), so one command runs at a
time. The caller reads events while the command runs; leaving early cancels the queries and waits for dbt to end.
"""

from __future__ import annotations

import ctypes
import os
import queue
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from echo_assets.dbt.command import PARSED_PROJECT, PROBLEMS, RESULTS, DbtBuild, DbtError, RawEvent
from echo_assets.dbt.sessions import end_sessions, named_sessions

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

_SELECTED = "echo_selected_for_this_command"
_ONE_AT_A_TIME = threading.Lock()
_SECONDS_TO_STOP = 60


def stream(build: DbtBuild) -> Generator[RawEvent]:
    """Run `build` and yield its ``RESULTS`` and ``PROBLEMS`` as they happen; DbtError at the end of a bad run."""
    environment = named_sessions(build.environment)
    with exclusive(environment):
        from dbt.cli.main import dbtRunner

        arguments = ["--log-level", "none", *build.arguments(f"tag:{_SELECTED}")]
        manifest = _marked(read_parsed(build.parsed), build.nodes)
        command = _Command(lambda callback: dbtRunner(manifest=manifest, callbacks=[callback]).invoke(arguments))
        try:
            yield from command.events()
        finally:
            command.stop(lambda: end_sessions(environment))


def invoke(arguments: Sequence[str], manifest: Manifest | None = None) -> dbtRunnerResult:
    """Run one command and wait for it, within `exclusive`; for what nobody needs to watch or cancel.

    On a thread of its own: dbt walks the call stack several times, and that of the caller may be deep.
    """
    from dbt.cli.main import dbtRunner

    with ThreadPoolExecutor(1, "dbt") as thread:
        return thread.submit(dbtRunner(manifest=manifest).invoke, list(arguments)).result()


@contextmanager
def exclusive(environment: Mapping[str, str]) -> Iterator[None]:
    """Hold dbt for one command, with `environment` laid over the process's; both are put back afterwards."""
    with _ONE_AT_A_TIME:
        from echo_assets.dbt.connections import keep_connections

        keep_connections()
        before = {name: os.environ.get(name) for name in environment}
        folder = Path.cwd()
        os.environ.update(environment)
        try:
            yield
        finally:
            os.chdir(folder)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def read_parsed(folder: Path) -> Manifest:
    """Read the parsed project for one command alone: dbt writes compiled code into the manifest it is given."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    content = (folder / PARSED_PROJECT).read_bytes()
    manifest: Manifest = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def _marked(manifest: Manifest, nodes: frozenset[str]) -> Manifest:
    """Tag what is to run, in this copy only: exact, and as fast for four hundred tests as for one model."""
    unknown = nodes - manifest.nodes.keys()
    if unknown:
        raise DbtError(
            f"The dbt project no longer has {', '.join(sorted(unknown))}: it changed after the code location was "
            "loaded. Reload the code location (or restart the command) and run again."
        )
    for unique_id in nodes:
        manifest.nodes[unique_id].tags.append(_SELECTED)
    return manifest


class _Command:
    """A running command: its thread, and the queue through which its events leave it."""

    def __init__(self, invoke: Callable[[Callable[..., None]], dbtRunnerResult]) -> None:
        self._invoke = invoke
        self._queue: queue.SimpleQueue[RawEvent | None] = queue.SimpleQueue()
        self._result: dbtRunnerResult | None = None
        self._thread = threading.Thread(target=self._run, name="dbt", daemon=True)
        self._thread.start()

    def events(self) -> Iterator[RawEvent]:
        while (event := self._queue.get()) is not None:
            yield event
        self._thread.join()
        if self._result is None or not self._result.success:
            reason = self._result and self._result.exception
            raise DbtError(str(reason or "dbt ended without success"))

    def stop(self, end_queries: Callable[[], None]) -> None:
        """Make a command that is still running end: interrupt it as Ctrl-C would, and end its queries."""
        if self._thread.is_alive() and self._thread.ident:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident), ctypes.py_object(KeyboardInterrupt)
            )
        for _ in range(_SECONDS_TO_STOP):
            if not self._thread.is_alive():
                return
            end_queries()
            self._thread.join(timeout=1)
        raise DbtError(f"dbt did not stop within {_SECONDS_TO_STOP} s of being cancelled; restart this process")

    def _run(self) -> None:
        try:
            self._result = self._invoke(self._receive)
        finally:
            self._queue.put(None)

    def _receive(self, event: object) -> None:
        from dbt_common.events.functions import msg_to_dict

        name = event.info.name  # type: ignore[attr-defined]
        if name in RESULTS or name in PROBLEMS:
            self._queue.put(msg_to_dict(event))  # type: ignore[arg-type]
