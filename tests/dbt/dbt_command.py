"""dbt in this process, as the tests call it: the project parsed once, commands run one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt_warehouse import CALENDAR


@dataclass(frozen=True)
class Outcome:
    """What a command did: `status` by node name, and the lines it logged."""

    success: bool
    status: dict[str, str]
    messages: list[str]
    results: list[Any]
    exception: BaseException | None


@dataclass(frozen=True)
class Dbt:
    """dbt with the project parsed; the environment already points at the test's database."""

    manifest: Manifest
    options: tuple[str, ...]

    def __call__(self, *arguments: str, variables: str = "{}", fails: bool = False) -> Outcome:
        """Run one command; it must succeed, or fail if `fails`."""
        log: list[str] = []
        runner = dbtRunner(manifest=self.manifest, callbacks=[lambda event: log.append(event.info.msg)])
        with ThreadPoolExecutor(1) as thread:  # dbt looks at the whole call stack, and pytest's is deep
            answer = thread.submit(runner.invoke, [*arguments, *self.options, "--vars", variables]).result()
        results = [r for r in getattr(answer.result, "results", None) or [] if r.node.resource_type != "operation"]
        outcome = Outcome(answer.success, {r.node.name: str(r.status) for r in results}, log, results, answer.exception)
        assert answer.success is not fails, "\n".join([str(answer.exception), *log[-40:]])
        return outcome

    def build_models(
        self, *names: str, window: tuple[str, str] = ("-infinity", "infinity"), full_refresh: bool = False
    ) -> Outcome:
        """Build these models (every table but the calendar if none is named) with the day window given."""
        select = ("--select", *names) if names else ("--exclude", "config.materialized:view", CALENDAR)
        flags = ("--full-refresh",) if full_refresh else ()
        return self("run", *select, *flags, variables=f"{{min_date: {window[0]}, max_date: {window[1]}}}")

    def sql(self, text: str, variables: str = "{}") -> str:
        """`text` with its macros expanded."""
        [result] = self("compile", "--inline", text, variables=variables).results
        return str(result.node.compiled_code)
