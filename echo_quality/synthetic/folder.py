"""The folder a data set is written to: whole files only, and nothing of anyone else's is touched.

Files are written below a hidden folder and moved into place at the end, `truth.json` last: whoever watches the folder
never sees half a file, and its presence says that the set is complete. Must not live here: what is written.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from echo_quality.synthetic.errors import FolderNotEmptyError

TRUTH_FILE = "truth.json"
_WORK = ".generating"


@contextmanager
def fresh_folder(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """A folder to write to, whose content is moved into `out` if the block succeeds."""
    if out.exists() and not out.is_dir():
        raise FolderNotEmptyError(out, out.name, "it is a file; name a folder")
    if overwrite:
        _check_only_generated(out)
    elif out.exists() and any(out.iterdir()):
        raise FolderNotEmptyError(out, _first(out), "choose another folder, or overwrite what was generated there")
    work = out / _WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
        _remove_generated(out)
        _move(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _first(folder: Path) -> str:
    return min(entry.name for entry in folder.iterdir())


def _accounted_for(out: Path) -> set[str]:
    """What an earlier generation says it wrote, as paths below the folder."""
    account = out / TRUTH_FILE
    if not account.is_file():
        return set()
    try:
        sources = json.loads(account.read_text(encoding="utf-8"))["sources"]
        return {TRUTH_FILE} | {f"{source}/{name}" for source, told in sources.items() for name in told["files"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _files(out: Path) -> list[Path]:
    """What is really there, links not followed; nothing outside the folder can be named by an account."""
    found = sorted(out.rglob("*")) if out.exists() else []
    return [
        path for path in found if path.relative_to(out).parts[0] != _WORK and (path.is_symlink() or not path.is_dir())
    ]


def _check_only_generated(out: Path) -> None:
    accounted = _accounted_for(out)
    for path in _files(out):
        if path.relative_to(out).as_posix() not in accounted:
            raise FolderNotEmptyError(out, str(path.relative_to(out)), "it was not generated; choose another folder")


def _remove_generated(out: Path) -> None:
    accounted = _accounted_for(out)
    for path in _files(out):
        if path.relative_to(out).as_posix() in accounted:
            path.unlink()


def _move(work: Path, out: Path) -> None:
    for source in sorted(path for path in work.iterdir() if path.is_dir()):
        target = out / source.name
        target.mkdir(exist_ok=True)
        for path in sorted(source.iterdir()):
            path.replace(target / path.name)
    (work / TRUTH_FILE).replace(out / TRUTH_FILE)
