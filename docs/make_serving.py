"""Writes tables and answers of `docs/serving.md` from the code and from the API itself; the text is written by hand.

    .venv/bin/python docs/make_serving.py

The API is asked in this process, over the small warehouse of its tests, for which a server is started and stopped. A
test fails where the page and the answers differ.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

PAGE = Path(__file__).with_name("serving.md")
TESTS = Path(__file__).parent.parent / "tests" / "serving"
_EXAMPLE = re.compile(r"(```sh\ncurl (?P<command>.*?)\n```\n\n)```json\n.*?```\n", re.DOTALL)
_LEFT_OUT: dict[str, Any] = {"readout": {}}
"""Parts of an answer that the page does not show."""


class Client(Protocol):
    """What asks the API: an httpx client."""

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Ask once."""


def main() -> None:
    """Write the page anew."""
    sys.path.insert(0, str(TESTS))
    from serving_under_test import served_once

    from echo_assets.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with served_once(Settings.from_environment({"ECHO_HOME": f"{folder}/home"})) as served:
            PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), served.client), encoding="utf-8")


def page(text: str, client: Client) -> str:
    """The page with every table and every answer as they are now."""
    for name, table in tables(client).items():
        begin, end = f"<!-- {name}: written by make_serving.py -->\n", f"<!-- end of {name} -->"
        text, found = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: begin + table + end, text, flags=re.S)  # noqa: B023
        if found != 1:
            raise SystemExit(f"{PAGE.name} has no place for the table {name}")
    return _EXAMPLE.sub(lambda found: found[1] + _answered(found["command"], client), text)


def tables(client: Client) -> dict[str, str]:
    """Every table of the page, by its name."""
    from echo_ml.serving.routes.answers import MEANINGS

    schema = client.request("GET", "/openapi.json").json()
    operations = (
        (f"`{method.upper()} {path}`", described["description"].split("\n\n")[0].replace("\n", " "))
        for path, methods in schema["paths"].items()
        for method, described in methods.items()
    )
    return {
        "endpoints": _table(("ask", "to"), operations),
        "statuses": _table(("status", "says"), ((f"`{status}`", said) for status, said in MEANINGS.items())),
        "figures": _table(("figure", "tells"), _figures(client.request("GET", "/prometheus").text)),
    }


def _figures(text: str) -> list[tuple[str, str]]:
    found = re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE)
    return [(f"`{name}`", said) for name, said in found if not name.endswith("_created")]


def _answered(command: str, client: Client) -> str:
    """The answer to a curl command as the page shows it."""
    words = command.replace("\\\n", " ")
    body = re.search(r"-d '(.*?)'", words)
    [address] = re.findall(r"127\.0\.0\.1:8000([^'\s]*)", words)
    options: dict[str, Any] = {"json": json.loads(body[1])} if body else {}
    answer = client.request("POST" if body else "GET", address, **options).json()
    shown = {name: _LEFT_OUT.get(name, value) for name, value in answer.items()}
    return f"```json\n{json.dumps(shown, indent=2, ensure_ascii=False)}\n```\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *map(list, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
