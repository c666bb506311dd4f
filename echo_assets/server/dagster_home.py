"""DAGSTER_HOME: the committed dagster.yaml with the database's URL in it, and the line in .env that points there.

The server itself is not touched, and a line that the user wrote into .env is never changed.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from echo_assets.server.databases import Databases
from echo_assets.server.errors import ServerError
from echo_assets.settings import PROJECT, Settings

TEMPLATE = "dagster.yaml"
URL_PLACE = "{env: ECHO_DAGSTER_DATABASE_URL}"
HEADER = "# Rendered by `echoctl up` from {template}: change that file, not this one.\n\n"

BEGIN = "# >>> echoctl up"
END = "# <<< echoctl up"
BLOCK = re.compile(rf"{re.escape(BEGIN)}\n.*?{re.escape(END)}\n", re.DOTALL)
ASSIGNED = re.compile(r"^\s*(?:export\s+)?DAGSTER_HOME\s*=\s*(.*?)\s*$", re.MULTILINE)


def render(settings: Settings, databases: Databases, template: Path = PROJECT / TEMPLATE) -> Path:
    """Write DAGSTER_HOME/dagster.yaml and return its path; the URL in it holds no password."""
    text = template.read_text(encoding="utf-8")
    if text.count(URL_PLACE) != 1:
        raise ServerError(f"{template} must hold `postgres_url: {URL_PLACE}` once: `echoctl up` puts the URL there.")
    rendered = HEADER.format(template=template) + text.replace(URL_PLACE, json.dumps(databases.url("dagster")))
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    target = settings.dagster_home / TEMPLATE
    _replace(target, rendered)
    return target


def point_dotenv(settings: Settings, root: Path) -> str | None:
    """Have root/.env set DAGSTER_HOME, which `dagster` and `dg` read; if the user set it otherwise, say so instead."""
    path = root / ".env"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    block = f"{BEGIN}\nDAGSTER_HOME={shlex.quote(str(settings.dagster_home))}\n{END}\n"
    if said := ASSIGNED.search(BLOCK.sub("", text)):
        if said[1].strip("\"'") == str(settings.dagster_home):
            return None
        return (
            f"{path} sets DAGSTER_HOME to {said[1]}, and `dagster` will use that. "
            f"To use this platform's, change the line to DAGSTER_HOME={settings.dagster_home}"
        )
    gap = "\n" if text and not text.endswith("\n") else ""
    _replace(path, BLOCK.sub(lambda _: block, text) if BLOCK.search(text) else f"{text}{gap}{block}")
    return None


def _replace(path: Path, text: str) -> None:
    """Change a file in one step, keeping its mode, and only if it says something else."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    passing = path.with_name(f".{path.name}.new")
    passing.write_text(text, encoding="utf-8")
    if path.exists():
        passing.chmod(path.stat().st_mode)
    passing.replace(path)
