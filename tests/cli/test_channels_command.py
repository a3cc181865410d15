"""`campus channels` as a person uses it: the list, a channel that takes the test, one that refuses it, none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import campus
from tests.alerts.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def config(tmp_path: Path, receiver: Receiver) -> str:
    path = tmp_path / "campus.toml"
    path.write_text(f'[[alerts.webhooks]]\nname = "post"\nurl = "{receiver.url}"\n', encoding="utf-8")
    return str(path)


def test_a_test_is_sent_and_the_answer_told(config: str, receiver: Receiver) -> None:
    assert "post  webhook  warning" in CliRunner().invoke(campus, ["channels", "list", "--config", config]).output
    done = CliRunner().invoke(campus, ["channels", "test", "--config", config, "post"])
    assert (done.exit_code, done.output.strip()) == (0, "post: sent: HTTP 200")
    assert receiver.all()[0].event["data"]["rule"] == "channel-test"


def test_a_refusal_is_exit_code_1(config: str, receiver: Receiver) -> None:
    receiver.answers.put(404)
    done = CliRunner().invoke(campus, ["channels", "test", "--config", config, "post"])
    assert done.exit_code == 1
    assert "not sent: HTTP 404" in done.output


def test_an_unknown_name_is_answered_with_the_known_ones(config: str) -> None:
    done = CliRunner().invoke(campus, ["channels", "test", "--config", config, "pots"])
    assert done.exit_code == 1
    assert "known are post" in done.output
