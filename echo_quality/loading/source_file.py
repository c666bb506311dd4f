"""A file in the landing folder, its identity, and its archived bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from echo_quality.loading.refusal import RefusedFile

_BLOCK = 1 << 20


@dataclass(frozen=True)
class SourceFile:
    """One file of one source. Its identity is its name relative to the source's folder, whatever bytes it holds.

    `known_key` is set for a file that comes back from the lake, where only the shown form of its name is known.
    """

    source: str
    path: Path
    name: str
    known_key: str | None = None

    @property
    def partition_key(self) -> str:
        """A safe, readable key for the name: a slug and the first 8 hex digits of the name's sha256."""
        if self.known_key is not None:
            return self.known_key
        slug = re.sub(r"[^a-z0-9._-]+", "-", self.name.lower()).strip("-.")[:60] or "file"
        return f"{slug}--{hashlib.sha256(os.fsencode(self.name)).hexdigest()[:8]}"

    @property
    def shown_name(self) -> str:
        """The name as text that any column and log can hold."""
        return self.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class Archived:
    """The bytes of a file as they arrived, kept under their own hash and never changed."""

    path: Path
    sha256: str
    size: int
    modified_ns: int


def archive(file: SourceFile, lake: Path) -> Archived:
    """Copy the file into the lake under its sha256; RefusedFile if it grew or shrank meanwhile."""
    folder = lake / "raw"
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{os.getpid()}-{file.partition_key}.partial"
    try:
        with _opened(file.path) as arriving:
            before = os.fstat(arriving.fileno())
            sha256 = _copied(arriving, partial)
            after = os.fstat(arriving.fileno())
        now = file.path.lstat()
        if len({(each.st_ino, each.st_size, each.st_mtime_ns) for each in (before, after, now)}) > 1:
            raise RefusedFile("the file changed while it was read: wait until it is written, then run again")
        return Archived(_settled(partial, folder, sha256), sha256, after.st_size, after.st_mtime_ns)
    finally:
        partial.unlink(missing_ok=True)


def _opened(path: Path) -> BinaryIO:
    """The file itself, never what a link that was put in its place points to, nor a pipe that would be waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise RefusedFile("a link stands where the file was: put the file itself there") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RefusedFile("no file but a folder, pipe or device stands there: take it away")
    return os.fdopen(descriptor, "rb")


def _copied(arriving: BinaryIO, partial: Path) -> str:
    """Copies the bytes to the disk and returns their hash; an error of writing names the place."""
    digest = hashlib.sha256()
    try:
        with partial.open("wb") as kept:
            while block := arriving.read(_BLOCK):
                digest.update(block)
                kept.write(block)
            kept.flush()
            os.fsync(kept.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(partial.parent)) from error
    return digest.hexdigest()


def _settled(partial: Path, folder: Path, sha256: str) -> Path:
    target = folder / sha256[:2] / sha256
    target.parent.mkdir(exist_ok=True)
    if erased_marker(target).exists():
        partial.unlink()
        return target
    partial.chmod(0o444)
    partial.replace(target)
    return target


def erased_marker(archived: Path) -> Path:
    """Beside an archived file: somebody was erased from it, so the bytes that its name tells must not come back."""
    return archived.with_name(f"{archived.name}.erased")


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
