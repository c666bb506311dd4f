"""The Dockerfile by itself: pinned, small, without rights, and nothing private in it."""

from __future__ import annotations

import re

from compose_file import image_environment

from echo_assets.settings import PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_both_stages_start_from_the_same_exact_python() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert len(set(bases)) == 1, "a compiled environment runs on the Python that made it"
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", bases[0])


def test_exactly_the_locked_packages_are_installed_without_those_for_development() -> None:
    assert re.findall(r"uv sync (.*?)(?: \\)?$", DOCKERFILE, re.MULTILINE) == [
        "--frozen --no-dev --no-install-project",
        "--frozen --no-dev",
    ]


def test_uv_is_the_one_of_the_makefile() -> None:
    [wanted] = re.findall(r"^UV_VERSION := (\S+)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r"uv==(\S+)", DOCKERFILE) == [wanted]


def test_it_runs_as_a_numbered_user_who_is_not_root_and_owns_no_code() -> None:
    last_stage = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.findall(r"^USER (\d+):(\d+)$", last_stage, re.MULTILINE) == [("10001", "10001")]
    assert "COPY --from=build /app /app" in last_stage, "the code belongs to root"


def test_what_is_copied_exists_and_reaches_the_builder() -> None:
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    ]
    allowed = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    assert set(copied) == allowed
    assert [name for name in copied if not (PROJECT / name).exists()] == []


def test_nothing_reaches_the_builder_unless_it_is_named() -> None:
    rules = [line for line in IGNORED if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {"**/.env", "**/__pycache__", "echo_dbt/target"} <= set(rules)


def test_dagster_finds_its_home_below_echos() -> None:
    environment = image_environment()
    assert environment["DAGSTER_HOME"] == f"{environment['ECHO_HOME']}/dagster"
