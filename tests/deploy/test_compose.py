"""docker-compose.yml, Dockerfile and deploy/ say nothing that the code does not know."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec
import pytest
import sqlalchemy as sa
import yaml

from campus.config import load
from campus.settings import Settings
from cli.main import campus
from cli.programs.broker import Listener, configuration
from deploy import prepare

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SECRETS_HOME = "./deploy/secrets/"


@pytest.fixture(scope="module")
def secrets_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "secrets"
    prepare.prepare(folder)
    return folder


def environment(service: dict[str, Any], secrets_folder: Path) -> dict[str, str]:
    """What the container sees, with the secret files where this test has them."""
    given = {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", str(value)) for name, value in service["environment"].items()}
    return {name: value.replace("/run/secrets", str(secrets_folder)) for name, value in given.items()}


def settings_of(name: str, secrets_folder: Path) -> Settings:
    return load(Settings, ROOT / "deploy" / "campus.toml", environment(OURS[name], secrets_folder))


def test_everything_is_there_that_the_platform_is_made_of() -> None:
    always = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert always == {"mosquitto", "influxdb", "postgres", "ingest", "alerts", "dashboards"}
    assert {name for name, service in SERVICES.items() if "simulator" in service.get("profiles", [])} == {
        "simulated-school",
        "simulator",
    }


def test_images_are_pinned() -> None:
    images = {name: service["image"] for name, service in SERVICES.items() if name not in OURS}
    assert images["influxdb"] == "influxdb:2.7"
    assert all(re.search(r":\d+(\.\d+)*$", image) for image in images.values()), images


@pytest.mark.parametrize("name", [name for name, service in OURS.items() if "command" in service])
def test_each_command_and_option_exists(name: str) -> None:
    first, *arguments = OURS[name]["command"]
    command = campus.get_command(click.Context(campus), first)
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts if isinstance(parameter, click.Option)}
    assert {argument for argument in arguments if argument.startswith("-")} <= known
    command.make_parser(click.Context(command)).parse_args(list(arguments))


def test_commands_that_the_files_tell_people_to_type_exist() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8") + (ROOT / "deploy/env.example").read_text()
    told = set(re.findall(r"run --rm tools ([a-z-]+)", text))
    assert {"add-account", "doctor", "import"} <= told
    assert told <= set(campus.list_commands(click.Context(campus)))


def setting_exists(name: str) -> bool:
    section: Any = Settings
    for key in name.removeprefix("CAMPUS_").lower().removesuffix("_file").split("__"):
        fields = {field.name: field.type for field in msgspec.structs.fields(section)} if section else {}
        if key not in fields:
            return False
        section = fields[key] if isinstance(fields[key], type) and issubclass(fields[key], msgspec.Struct) else None
    return True


def test_a_setting_that_does_not_exist_would_be_noticed() -> None:
    assert setting_exists("CAMPUS_MQTT__PASSWORD_FILE")
    assert not setting_exists("CAMPUS_MQTT__PASSWORT")
    assert not setting_exists("CAMPUS_MQTT__PORT__X")


@pytest.mark.parametrize("name", OURS)
def test_each_variable_is_read_by_the_code(name: str) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "cli").glob("*.py"))
    for variable in OURS[name]["environment"]:
        assert setting_exists(variable) if "__" in variable else f'"{variable}"' in code, variable


@pytest.mark.parametrize("name", OURS)
def test_the_settings_of_each_container_can_be_loaded(name: str, secrets_folder: Path) -> None:
    settings = settings_of(name, secrets_folder)
    assert len(settings.secrets.credential_key) >= 16
    assert settings.series.token == (secrets_folder / "influx_token").read_text().strip()
    user = settings.mqtt.username
    assert settings.mqtt.password == (secrets_folder / prepare.SERVICES[user]).read_text().strip()


def test_the_stores_are_where_the_settings_look_for_them(secrets_folder: Path) -> None:
    settings = settings_of("ingest", secrets_folder)
    influx, postgres = SERVICES["influxdb"]["environment"], SERVICES["postgres"]["environment"]
    assert urlsplit(settings.series.url).hostname == "influxdb"
    assert urlsplit(settings.series.url).port == 8086
    assert settings.series.org == influx["DOCKER_INFLUXDB_INIT_ORG"]
    assert settings.series.bucket == influx["DOCKER_INFLUXDB_INIT_BUCKET"]
    url = sa.make_url(settings.database.url)
    assert (url.host, url.username, url.database) == ("postgres", postgres["POSTGRES_USER"], postgres["POSTGRES_DB"])
    assert url.password == (secrets_folder / "postgres_password").read_text().strip()
    assert settings.mqtt.host == "mosquitto"
    assert f"listener {settings.mqtt.port}\n" in (ROOT / "deploy/mosquitto/mosquitto.conf").read_text()
    assert not settings.broker.embedded


def test_each_published_port_is_one_that_the_program_listens_on(secrets_folder: Path) -> None:
    settings = settings_of("dashboards", secrets_folder)
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert {name: [int(port.split(":")[-1]) for port in ports] for name, ports in published.items()} == {
        "mosquitto": [settings.mqtt.port, settings.trust.broker_port],
        "dashboards": [settings.dashboards.port],
    }
    assert settings.dashboards.host == "0.0.0.0"
    exposed = {int(port) for port in re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.M)[0].split()}
    assert exposed == {settings.dashboards.port, settings.metrics.ingest_port, settings.metrics.alerts_port}


def test_each_service_that_stays_has_a_health_check() -> None:
    staying = {name for name, service in SERVICES.items() if service.get("restart") != "no"}
    unasked = {name for name in staying if "healthcheck" not in SERVICES[name]}
    assert unasked == {"simulator", "roster"}  # they answer nobody; the roster's beats are on the administrator's page


@pytest.mark.parametrize(("name", "path"), [("ingest", "/metrics"), ("alerts", "/metrics"), ("dashboards", "/healthz")])
def test_health_checks_ask_what_the_program_answers(name: str, path: str, secrets_folder: Path) -> None:
    settings = settings_of(name, secrets_folder)
    ports = {
        "ingest": settings.metrics.ingest_port,
        "alerts": settings.metrics.alerts_port,
        "dashboards": settings.dashboards.port,
    }
    *_, script, url = SERVICES[name]["healthcheck"]["test"]
    assert (urlsplit(url).port, urlsplit(url).path) == (ports[name], path)
    assert Path(script).name == "answers.py"
    if path == "/healthz":
        sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "dashboards").rglob("*.py"))
        assert '"/healthz"' in sources


def test_whom_a_service_waits_for_exists_and_can_be_waited_for() -> None:
    for service in SERVICES.values():
        for other, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]
            else:
                assert SERVICES[other]["restart"] == "no"


def mounts() -> Iterator[tuple[str, str]]:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source, target = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", volume).removesuffix(":ro").rsplit(":", 1)
            yield source, target


def test_each_mounted_path_exists_or_is_made_by_prepare(secrets_folder: Path) -> None:
    for source, _ in mounts():
        if source.startswith(SECRETS_HOME):
            assert (secrets_folder / source.removeprefix(SECRETS_HOME)).exists(), source
        elif source.startswith("."):
            assert (ROOT / source).exists(), source
        else:
            assert source in COMPOSE["volumes"], source


def test_each_path_inside_our_containers_is_mounted_or_copied(secrets_folder: Path) -> None:
    targets = {target for _, target in mounts()}
    assert OURS["ingest"]["environment"]["CAMPUS_CONFIG"] in targets
    truth = OURS["simulator"]["command"][-1]
    assert str(Path(truth).parent) in targets
    assert f"/{Path(truth).parent.name} " in DOCKERFILE  # made there, for the user the programs run as
    for script in re.findall(r"/app/(deploy/\w+\.py)", (ROOT / "docker-compose.yml").read_text()):
        assert (ROOT / script).exists()
        assert script in DOCKERFILE


def test_what_the_programs_write_lies_on_a_volume_that_they_share(secrets_folder: Path) -> None:
    settings = settings_of("dashboards", secrets_folder)
    assert settings.alerts.rules is not None
    for name in ("ingest", "alerts", "dashboards", "roster", "tools"):
        assert OURS[name]["read_only"]
        volumes = dict(volume.split(":", 1)[::-1] for volume in OURS[name]["volumes"])
        for path in (settings.dashboards.files, settings.alerts.rules):
            assert volumes[str(path.parent)] == "data", (name, path)
    # A new volume takes over what the image has at its place: the rules file is there, for the user that writes it.
    assert f"> {settings.alerts.rules} " in DOCKERFILE
    assert f"chown -R campus:campus {settings.alerts.rules.parent} " in DOCKERFILE


def test_secrets_come_from_files_that_prepare_makes(secrets_folder: Path) -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"] == SECRETS_HOME + name
        assert (secrets_folder / name).read_text().strip()
    for name, service in SERVICES.items():
        used = {path.rsplit("/", 1)[1] for path in re.findall(r"/run/secrets/\w+", str(service))}
        assert used <= set(service.get("secrets", [])), name


def test_nothing_secret_is_in_the_files() -> None:
    secretive = re.compile(r"(PASSWORD|TOKEN|KEY|SECRET)(?!S__)", re.I)
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if secretive.search(name.removeprefix("CAMPUS_SECRETS__")):
                assert name.endswith("_FILE"), name
                assert str(value).startswith("/run/secrets/")
    assert "postgresql://" not in (ROOT / "docker-compose.yml").read_text()
    assert (ROOT / "deploy/.gitignore").read_text().split() == ["secrets/"]


def test_variables_of_the_env_file_are_those_of_the_compose_file() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    told = set(re.findall(r"^(\w+)=", (ROOT / "deploy/env.example").read_text(), re.M))
    assert used == told


def test_the_image_is_built_from_what_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored, source
    assert set(re.search(r'"\.\[(.+?)\]"', DOCKERFILE)[1].split(",")) <= set(project["optional-dependencies"])  # type: ignore[index]
    assert re.search(r'ENTRYPOINT \["(\w+)"\]', DOCKERFILE)[1] in project["scripts"]  # type: ignore[index]
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.M) == ["python:3.11-slim"] * 2
    include = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    packages = {pattern.removesuffix("*") for pattern in include}
    assert packages <= set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.M))


def test_the_broker_has_the_same_limits_as_the_one_that_campus_up_starts() -> None:
    limits = (
        "max_inflight_messages", "max_queued_messages", "max_queued_bytes", "max_packet_size", "persistence",
        "persistent_client_expiration",
    )  # fmt: skip

    def found(text: str) -> dict[str, str]:
        lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
        return {line[0]: line[1] for line in lines if line[0] in limits}

    ours = found((ROOT / "deploy/mosquitto/mosquitto.conf").read_text())
    assert ours == found(configuration(Listener(), Path("x")))
    assert set(ours) == set(limits)
