"""Writing lines in the form in which COPY reads them."""

from __future__ import annotations

from typing import Any

from psycopg import Connection


def copy_lines(connection: Connection[Any], statement: str, lines: list[str]) -> None:
    """Copy lines that are escaped already, each with its line end."""
    if lines:
        with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write("".join(lines))


def escaped(text: str) -> str:
    """A text as COPY reads it back."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
