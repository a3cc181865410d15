"""What we publish holds in other people's tools: the Standard Webhooks library, and any JSON Schema validator."""

import base64
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from alerts.notify.kinds import make_client
from alerts.notify.notice import Parcel
from alerts.notify.webhook import WebhookNotifier
from campus.clock import SystemClock
from campus.settings import Webhook
from tests.alerts.receiver import Delivery, Receiver

ROOT = Path(__file__).parents[2]
SCHEMA = msgspec.json.decode((ROOT / "docs/reference/rules.schema.json").read_bytes())
OLD, NEW = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver on a real socket."""
    made = Receiver()
    yield made
    made.close()


def deliver(receiver: Receiver) -> Delivery:
    """One delivery, signed with two keys as while a secret is replaced."""
    parcel = Parcel(
        id=1, key="msg_1", school="s", alarm="a", endpoint="post", body=b'{"id":"a"}', attempt=1, owner="w"
    )  # fmt: skip
    with make_client() as client:
        settings = Webhook(name="post", url=receiver.url, secret=f"{OLD} {NEW}")
        assert WebhookNotifier(settings, client, SystemClock()).send(parcel).result == "done"
    return receiver.all()[0]


@pytest.mark.parametrize("known", [OLD, NEW])
def test_the_public_library_verifies_a_delivery_with_either_key_while_one_takes_over(
    receiver: Receiver, known: str
) -> None:
    delivery = deliver(receiver)
    assert Verifier(known).verify(delivery.body, delivery.headers) == {"id": "a"}


def test_the_public_library_refuses_a_body_that_was_changed_on_the_way(receiver: Receiver) -> None:
    delivery = deliver(receiver)
    with pytest.raises(WebhookVerificationError):
        Verifier(OLD).verify(delivery.body.replace(b"a", b"b"), delivery.headers)


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "alerts/rules/library").glob("*.yaml")))
def test_the_shipped_rules_hold_by_the_published_schema(name: str) -> None:
    rules = yaml.safe_load((ROOT / "alerts/rules/library" / name).read_text("utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(rules)


def test_the_published_schema_refuses_a_rule_of_no_kind() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({"rules": [{"id": "x", "kind": "guess"}]})
