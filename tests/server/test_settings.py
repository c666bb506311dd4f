"""Settings: defaults, refusals, and .env.example in step with the code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple, fields
from datetime import date
from pathlib import Path

import pytest

from echo_assets.settings import PROJECT, Settings, SettingsError
from echo_ml.serving.limits import ServingLimits
from echo_quality.loading.limits import Limits
from echo_streaming.options import StreamOptions


class Recording(Mapping[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings.home == Path.cwd() / ".echo"
    assert settings.landing == Path.cwd() / "data" / "landing"
    assert settings.contracts == PROJECT / "echo_quality" / "contracts"
    assert (settings.timezone, settings.start_date, settings.memory_limit_mb) == ("UTC", date(2023, 1, 1), 96)
    assert (settings.database_url, settings.max_rejected_share, settings.postgres_port) == (None, None, None)


def test_an_empty_value_means_unset() -> None:
    assert Settings.from_environment({"ECHO_TIMEZONE": "", "ECHO_POSTGRES_PORT": " "}) == Settings.from_environment({})


def test_the_folders_of_a_home_are_inside_it() -> None:
    settings = Settings.from_environment({"ECHO_HOME": "/srv/../srv/echo"})
    folders = (settings.lake, settings.dagster_home, settings.postgres_home, settings.docs)
    assert [str(folder) for folder in folders] == [
        f"/srv/echo/{name}" for name in ("lake", "dagster", "postgres", "docs")
    ]


@pytest.mark.parametrize(
    ("variable", "value", "accepted"),
    [
        ("ECHO_TIMEZONE", "Mars/Olympus", "IANA"),
        ("ECHO_TIMEZONE", "../etc/passwd", "IANA"),
        ("ECHO_START_DATE", "31.01.2023", "2023-01-31"),
        ("ECHO_MAX_REJECTED_SHARE", "1.01", "0 to 1"),
        ("ECHO_MAX_REJECTED_SHARE", "nan", "0 to 1"),
        ("ECHO_ALERT_REPEAT_HOURS", "0", "1 to 8760"),
        ("ECHO_ALERT_MAX_PER_HOUR", "many", "1 to 1000"),
        ("ECHO_DBT_SUBPROCESS", "maybe", "1 or 0"),
        ("ECHO_PARALLEL_RUNS", "0", "1 to 64"),
        ("ECHO_MEMORY_LIMIT_MB", "200MB", "whole number"),
        ("ECHO_POSTGRES_PORT", "80", "1024 to 65535"),
        ("ECHO_POSTGRES_PORT", "²", "whole number"),
        ("ECHO_SERVE_HOST", "localhost", "127.0.0.1"),
        ("ECHO_SERVE_PORT", "80", "1024 to 65535"),
        ("ECHO_SERVE_RATE", "0", "1 to 100000"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_what_is_accepted(variable: str, value: str, accepted: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({variable: value})
    assert variable in str(refused.value)
    assert value in str(refused.value)
    assert accepted in str(refused.value)


@pytest.mark.parametrize("url", ["mysql://me:hunter2@db/x", "postgresql+psycopg://me:hunter2@db/x", "me:hunter2@db"])
def test_a_refused_database_url_does_not_show_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="ECHO_DATABASE_URL") as refused:
        Settings.from_environment({"ECHO_DATABASE_URL": url})
    assert "hunter2" not in str(refused.value)


def test_the_representation_of_settings_shows_no_password() -> None:
    secret = {"ECHO_DATABASE_URL": "postgresql://me:hunter2@db/x", "ECHO_ALERT_URL": "slack://hunter2/"}
    assert "hunter2" not in repr(Settings.from_environment(secret))


def test_keys_of_the_api_are_read_and_neither_shown_nor_told() -> None:
    settings = Settings.from_environment({"ECHO_API_KEYS": " one-key-of-sixteen , another-of-sixteen,"})
    assert settings.api_keys == ("one-key-of-sixteen", "another-of-sixteen")
    assert "sixteen" not in repr(settings)
    for bad in ("hunter2", "one-key-of-sixteen,hunter2", "hunter2 hunter2 hunter2"):
        with pytest.raises(SettingsError, match="ECHO_API_KEYS") as refused:
            Settings.from_environment({"ECHO_API_KEYS": bad})
        assert "hunter2" not in str(refused.value)


def test_the_api_listens_on_this_machine_unless_it_is_told_otherwise() -> None:
    settings = Settings.from_environment({"ECHO_SERVE_HOST": "[::1]"})
    assert (settings.serve_host, settings.serve_port) == ("::1", 8000)
    assert Settings.from_environment({}).serve_host == "127.0.0.1"


def test_each_limit_of_the_api_is_a_setting_and_told_in_env_example() -> None:
    given = {ServingLimits.setting(each.name): "7" for each in fields(ServingLimits)}
    assert set(astuple(Settings.from_environment(given).serving)) == {7}
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    told = {name: int(usual) for usual, name in re.findall(r"Default: (\d+)\n(ECHO_SERVE_[A-Z_]+)=", example)}
    usual = {ServingLimits.setting(each.name): getattr(ServingLimits(), each.name) for each in fields(ServingLimits)}
    assert told == {**usual, "ECHO_SERVE_PORT": 8000}


def test_each_limit_of_a_file_is_a_setting() -> None:
    given = {Limits.setting(each.name): "7" for each in fields(Limits)}
    assert set(astuple(Settings.from_environment(given).limits)) == {7}
    assert Settings.from_environment({}).limits == Limits()
    with pytest.raises(SettingsError, match="ECHO_MAX_COLUMNS='none'"):
        Settings.from_environment({"ECHO_MAX_COLUMNS": "none"})


def test_env_example_tells_the_usual_limits() -> None:
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    told = dict(re.findall(r"Default: (\d+)\n(ECHO_MAX_[A-Z_]+)=", example))
    usual = {str(getattr(Limits(), each.name)): Limits.setting(each.name) for each in fields(Limits)}
    assert usual == told


def test_env_example_documents_every_variable_and_no_other() -> None:
    environment = Recording()
    Settings.from_environment(environment)
    documented = re.findall(r"^([A-Z_]+)=$", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(documented) == sorted(environment.asked)


def test_each_option_of_the_stream_is_a_setting_and_no_password_is_shown() -> None:
    texts = {**dict.fromkeys(StreamOptions.WHOLE, "2000"), "security_protocol": "SASL_SSL", "sasl_mechanism": "plain"}
    names = [each.name for each in fields(StreamOptions)]
    given = {StreamOptions.setting(name): texts.get(name, f"hunter2-{name}") for name in names}
    given["ECHO_STREAM_PARTITIONS"] = "20"
    stream = Settings.from_environment(given).stream
    assert {name for name in names if getattr(stream, name) == getattr(StreamOptions(), name)} == set()
    assert (stream.security_protocol, stream.sasl_mechanism, stream.flush_events) == ("sasl_ssl", "PLAIN", 2000)
    assert stream.security().options()["sasl.password"] == "hunter2-sasl_password"
    shown = repr(Settings.from_environment(given))
    assert "hunter2-sasl_password" not in shown
    assert "hunter2-ssl_key_password" not in shown
    for variable, value, accepted in (
        ("ECHO_STREAM_FLUSH_MS", "0", "from 10 to 60000"), ("ECHO_KAFKA_SECURITY_PROTOCOL", "tls", "sasl_ssl"),
    ):  # fmt: skip
        with pytest.raises(SettingsError, match=variable) as refused:
            Settings.from_environment({variable: value})
        assert accepted in str(refused.value)
