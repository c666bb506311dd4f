"""Where the dbt project is, its parsed form on disk, and when that has to be made again.

Parsing needs no database. What the parsed project means to Dagster is in ``translator`` and ``steps``.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from echo_assets.dbt.command import PARSED_PROJECT, locations
from echo_assets.dbt.in_process import exclusive, invoke
from echo_assets.dbt.nodes import Manifest
from echo_assets.settings import PROJECT

if TYPE_CHECKING:
    from dagster_dbt import DbtProject

    from echo_assets.dbt.translator import EchoDbtTranslator

PROJECT_DIR = PROJECT / "echo_dbt"
DATABASE = "ECHO_DBT_DBNAME"
OFFLINE = {
    "ECHO_DBT_HOST": "127.0.0.1",
    "ECHO_DBT_PORT": "5432",
    "ECHO_DBT_USER": "echo",
    DATABASE: "echo",
    "DBT_ENV_SECRET_ECHO_PASSWORD": "not used while parsing",
}
"""What the profile reads; parsing connects to nothing, only the database's name ends up in the manifest."""

_MANIFEST = "manifest.json"
_RESULTS = (PARSED_PROJECT, _MANIFEST)
_STAMP = "parsed_for.json"
_CLOCK_STEP = 20_000_000
"""File times may lag behind the clock by some milliseconds."""
_TIMES = re.compile(r'"created_at": [0-9.]+')
"""What differs between two parses of the same nodes, beside their order."""
_NOT_SOURCE = {"target", "logs", "dbt_packages", "__pycache__"}


@dataclass(frozen=True)
class ParsedProject:
    """The dbt project that assets are made from."""

    dbt_project: DbtProject
    manifest: Manifest
    translator: EchoDbtTranslator


class DbtProjectError(RuntimeError):
    """The project cannot be parsed, or its parsed form cannot be written; the message says which and what to do."""


def prepare_manifest(project_dir: Path = PROJECT_DIR, target: Path | None = None, database: str = "echo") -> Path:
    """Return the manifest's path, after parsing the project if anything in it is newer than the last parse.

    `target` is the folder for the parsed project (the project's own ``target`` if not given).
    """
    target = target or project_dir / "target"
    if not _is_fresh(project_dir, target, database):
        with _locked(target):
            if not _is_fresh(project_dir, target, database):
                _parse(project_dir, target, database)
    return target / _MANIFEST


def read_manifest(path: Path) -> Manifest:
    """Return the manifest at `path`; it is read again only when the file has changed."""
    return _read(path.resolve(), path.stat().st_mtime_ns)


def state_of(path: Path) -> str:
    """Return a digest of the manifest at `path` that does not change when the same project is parsed again."""
    manifest = read_manifest(path)
    content = json.dumps([manifest[part] for part in ("nodes", "sources", "macros", "docs")], sort_keys=True)
    return hashlib.sha256(_TIMES.sub("", content).encode()).hexdigest()


@lru_cache(maxsize=4)
def _read(path: Path, _written_at: int) -> Manifest:
    manifest: Manifest = json.loads(path.read_bytes())
    return manifest


def load_project(project_dir: Path = PROJECT_DIR) -> ParsedProject:
    """Return the project as Dagster needs it, parsed anew if it has changed; no database is needed."""
    from dagster_dbt import DbtProject

    from echo_assets.dbt.translator import EchoDbtTranslator

    manifest = read_manifest(prepare_manifest(project_dir))
    return ParsedProject(DbtProject(project_dir), manifest, EchoDbtTranslator())


def _is_fresh(project_dir: Path, target: Path, database: str) -> bool:
    try:
        stamp = json.loads((target / _STAMP).read_text())
        parsed_at = stamp.pop("parsed_at")
    except (OSError, ValueError, KeyError):  # never parsed, or not by this version
        return False
    if stamp != _parsed_for(project_dir, database) or not all((target / name).exists() for name in _RESULTS):
        return False
    return all(path.stat().st_mtime_ns < parsed_at for path in _sources(project_dir))


def _sources(folder: Path) -> Iterator[Path]:
    """Walk every file and folder of the project; a folder changes when something in it goes."""
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_SOURCE and not name.startswith(".")]
        yield from (Path(place, name) for name in (*folders, *files) if not name.startswith("."))


def _parsed_for(project_dir: Path, database: str) -> dict[str, str]:
    """Return what a parsed project depends on beside its files."""
    return {"project": str(project_dir.resolve()), "database": database, "dbt": version("dbt-core")}


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Let one parser at a time through, among all processes; the lock goes with the process that holds it."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        lock = (target / ".parsing").open("w")
    except OSError as error:
        raise DbtProjectError(
            f"The parsed dbt project is missing or out of date, and {target} cannot be written ({error}). "
            "Run `make manifest` (or `echoctl up`) as a user who may write there."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _parse(project_dir: Path, target: Path, database: str) -> None:
    """Parse into a folder beside the results and move them in, so that no reader sees half a file."""
    parsed_at = time.time_ns() - _CLOCK_STEP
    with tempfile.TemporaryDirectory(dir=target, prefix=".parse-") as folder:
        scratch = Path(folder)
        if (target / PARSED_PROJECT).exists():
            shutil.copy(target / PARSED_PROJECT, scratch)
        _run_parse(project_dir, scratch, database)
        (scratch / _STAMP).write_text(json.dumps({**_parsed_for(project_dir, database), "parsed_at": parsed_at}))
        for name in (*_RESULTS, _STAMP):
            (scratch / name).replace(target / name)


def _run_parse(project_dir: Path, scratch: Path, database: str) -> None:
    with exclusive({**OFFLINE, DATABASE: database}):
        result = invoke(["--log-level", "none", "parse", *locations(project_dir, scratch)])
    if not result.success:
        raise DbtProjectError(f"dbt cannot parse {project_dir}: {result.exception}")
