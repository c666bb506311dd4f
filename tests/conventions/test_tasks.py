"""The Makefile, the CI run and the workflow: the same steps everywhere, each pinned, each explained."""

from __future__ import annotations

import os
import re

import yaml

from echo_assets.settings import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
CI = PROJECT / ".ci" / "run"
WORKFLOW = (PROJECT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_every_target_is_explained() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*## [A-Z]", MAKEFILE, re.MULTILINE))
    assert TARGETS - explained == set()
    [phony] = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert set(phony.replace("\\\n", " ").split()) == TARGETS


def test_make_test_runs_every_check_there_is() -> None:
    [checks] = re.findall(r"^CHECKS := (.*)$", MAKEFILE, re.MULTILINE)
    tools = ("ruff check", "ruff format --check", "mypy", "lint-imports", "sqlfluff lint", "contract check", "manifest")
    recipes = "\n".join(_recipe(target) for target in checks.split())
    assert [tool for tool in tools if tool not in recipes] == []
    assert "$(CHECKS) pytest" in _recipe("test")


def _recipe(target: str) -> str:
    [found] = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    return str(found)


def test_two_speeds_of_tests_leave_none_out() -> None:
    """The quick and the slow ones are all that there are, but for the golden figures of files beside the checkout."""
    assert re.findall(r"^MARKED \?= (.*)$", MAKEFILE, re.MULTILINE) == ["not slow and not golden"]
    assert '-m "$(MARKED)"' in _recipe("pytest")
    assert '$(MAKE) pytest MARKED="slow and not golden"' in _recipe("test-slow")
    assert '$(MAKE) test MARKED="not golden"' in _recipe("test-all")
    assert "-m golden" in _recipe("golden")


def test_the_ci_run_is_a_program_that_runs_all_tests_and_nothing_that_make_does_not_know() -> None:
    text = CI.read_text(encoding="utf-8")
    assert os.access(CI, os.X_OK), "chmod +x .ci/run"
    called = set(re.findall(r"\bmake ([a-z-]+)$|\bmake ([a-z-]+) [A-Z]", text, re.MULTILINE))
    targets = {one or other for one, other in called}
    assert {"set-up", "test-all", "golden", "containers"} == targets
    assert targets <= TARGETS


def test_the_workflow_runs_the_ci_run_with_actions_pinned_by_commit() -> None:
    steps = [step for job in yaml.safe_load(WORKFLOW)["jobs"].values() for step in job["steps"]]
    assert ".ci/run" in [step.get("run") for step in steps]
    loose = [line.strip() for line in re.findall(r"uses: .*", WORKFLOW) if not re.search(r"@[0-9a-f]{40} # v\d", line)]
    assert not loose, f"pin to a commit and name its version in a comment: {loose}"
    assert yaml.safe_load(WORKFLOW)["permissions"] == {"contents": "read"}
