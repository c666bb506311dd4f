"""What can go wrong before a data set is generated. Each message names the offender and the fix."""

from pathlib import Path


class GeneratorError(ValueError):
    """A request that cannot be generated."""


class FolderNotEmptyError(GeneratorError):
    """The target folder holds files that must not be mixed with, or replaced by, generated ones."""

    def __init__(self, folder: Path, found: str, fix: str) -> None:
        """Name the folder, one entry found in it, and what to do."""
        super().__init__(f"{folder} is not empty (found {found!r}): {fix}")
        self.folder = folder


def positive(name: str, value: int, least: int = 1) -> None:
    """Raise unless `value` is at least `least`."""
    if value < least:
        raise GeneratorError(f"{name} is {value}: give a whole number of at least {least}")
