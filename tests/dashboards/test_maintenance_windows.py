"""The facility manager sets a device aside and puts it back; other people see it, and may not all do it."""

from datetime import timedelta

from fastapi.testclient import TestClient

from campus.clock import VirtualClock
from tests.dashboards.conftest import BASE, SignIn

HEAD = {"Origin": BASE}
URL = "/api/v1/maintenance"


def begin(client: TestClient, **said: object) -> list[dict[str, object]]:
    answer = client.post(URL, json={"device": "gate-1", "reason": "new reader", **said}, headers=HEAD)
    assert answer.status_code == 200, answer.text
    windows: list[dict[str, object]] = answer.json()
    return windows


def test_a_window_ends_by_the_clock_and_says_who_began_it_and_why(sign_in: SignIn, noon: VirtualClock) -> None:
    client = sign_in("facility")
    (window,) = begin(client, minutes=60)
    assert (window["device"], window["reason"]) == ("gate-1", "new reader")
    assert window["by"]
    assert "-" not in str(window["by"])  # a name, not an id
    noon.advance(timedelta(minutes=61))
    assert client.get(URL).json() == []


def test_a_device_out_of_service_stays_so_until_somebody_puts_it_back(sign_in: SignIn, noon: VirtualClock) -> None:
    client = sign_in("facility")
    (window,) = begin(client)
    noon.advance(timedelta(hours=8))
    assert client.get(URL).json()[0]["until"] is None
    assert client.post(f"{URL}/{window['id']}/end", headers=HEAD).json() == []


def test_a_device_that_the_school_does_not_have_cannot_be_set_aside(sign_in: SignIn) -> None:
    said = {"device": "no-such-gate", "reason": "x", "minutes": 60}
    assert sign_in("facility").post(URL, json=said, headers=HEAD).status_code == 404


def test_a_window_without_a_reason_is_refused(sign_in: SignIn) -> None:
    said = {"device": "gate-1", "reason": "", "minutes": 60}
    assert sign_in("facility").post(URL, json=said, headers=HEAD).status_code == 422
