"""What can be wrong with a question to the lineage, or with what it is read from."""


class LineageError(RuntimeError):
    """A statement cannot be followed, or a name is not known; the message names it."""
