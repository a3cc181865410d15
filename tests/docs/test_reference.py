"""The reference pages name everything the code has: docs that are not tested rot."""

from pathlib import Path

import click
import msgspec
import pytest

from campus.events import EVENTS
from campus.settings import Bot, Foreign, Mail, MqttOut, RosterProvider, Section, Settings, SigningKey, Sms, Webhook
from cli.main import campus
from ingest.foreign.door import CODECS

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
HERE = click.Context(campus)
COMMANDS = {name: command for name in campus.list_commands(HERE) if (command := campus.get_command(HERE, name))}
EVENTS_PAGE = (ROOT / "docs/reference/events.md").read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """The text under ``heading`` up to the next one."""
    assert heading in page, f"{heading} is not described"
    return page.split(heading, 1)[1].split("\n#", 1)[0]


SECTIONS = [field for field in msgspec.structs.fields(Settings) if isinstance(field.default, Section)]


@pytest.mark.parametrize("field", SECTIONS, ids=lambda field: field.name)
def test_every_setting_is_described(field: msgspec.structs.FieldInfo) -> None:
    text = section(SETTINGS, f"## `[{field.name}]`")
    for key in msgspec.structs.fields(type(field.default)):
        assert f"| `{key.name}` |" in text


CHANNELS = {"webhooks": Webhook, "bots": Bot, "mails": Mail, "sms": Sms, "mqtt": MqttOut}


@pytest.mark.parametrize("name", CHANNELS)
def test_every_key_of_a_channel_is_described(name: str) -> None:
    text = section(SETTINGS, f"## `[[alerts.{name}]]`")
    assert all(f"| `{key.name}` |" in text for key in msgspec.structs.fields(CHANNELS[name]))


def test_every_key_of_the_roster_provider_is_described() -> None:
    text = section(SETTINGS, "## `[roster.provider]`")
    assert all(f"| `{key.name}` |" in text for key in msgspec.structs.fields(RosterProvider))


def test_every_key_of_a_foreign_row_is_described() -> None:
    text = section(SETTINGS, "## `[[foreign]]`")
    assert all(f"| `{key.name}` |" in text for key in msgspec.structs.fields(Foreign))
    assert all(f"`{codec}`" in text for codec in CODECS)


def test_no_setting_is_described_that_does_not_exist() -> None:
    described = {line.split("`")[1] for line in SETTINGS.splitlines() if line.startswith("| `")}
    known = {key.name for field in SECTIONS for key in msgspec.structs.fields(type(field.default))}
    nested = (*CHANNELS.values(), RosterProvider, Foreign, SigningKey)
    known |= {key.name for one in nested for key in msgspec.structs.fields(one)}
    assert {name for name in described if not name.startswith("CAMPUS_")} <= known


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_type_and_field_is_described(name: str) -> None:
    text = section(EVENTS_PAGE, f"### `{name}`")
    for field in msgspec.structs.fields(EVENTS[name]):
        assert f"| `{field.name}` |" in text


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_command_is_in_the_readme(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    missing = [name for name, command in COMMANDS.items() if not command.hidden and f"campus {name}" not in text]
    assert missing == []


def test_every_command_says_what_it_does() -> None:
    assert [name for name, command in COMMANDS.items() if not command.help] == []
