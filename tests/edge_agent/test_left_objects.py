"""Things that are left: brought by somebody, still, alone; and all that light and people do instead."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from campus.events import CameraObjectLeft
from edge_agent.camera.analytics import Objects
from edge_agent.camera.detector import Image
from edge_agent.camera.geometry import Box
from edge_agent.camera.left_objects import LeftObjectWatch
from edge_agent.camera.rendered import HEIGHT, WIDTH, Scene
from edge_agent.camera.seen import Seen
from edge_agent.camera.tracker import Track
from edge_agent.settings import Camera, ZoneArea

NOW = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
HALL = ZoneArea(name="hall", polygon=((0.0, 0.3), (1.0, 0.3), (1.0, 1.0), (0.0, 1.0)), object_s=20.0)
YARD = Scene(())
X, Y = 0.5, 0.8  # where the bag lies
BROUGHT, GONE = 20.0, 25.0
Change = Callable[[Image, float], Image]


def bag(image: Image) -> Image:
    x, y = round(X * WIDTH), round(Y * HEIGHT)
    cv2.rectangle(image, (x - 16, y - 24), (x + 16, y), (60, 40, 120), -1)
    cv2.rectangle(image, (x - 10, y - 16), (x + 10, y - 6), (30, 25, 60), -1)
    return image


def person(x: float, number: int = 1) -> Track:
    return Track(number, Box(x - 0.04, Y - 0.35, x + 0.04, Y), 0.9, 0.0)


def nobody(at: float) -> list[Track]:
    return []


def owner(at: float) -> list[Track]:
    return [person(X - 0.05)] if BROUGHT - 2 <= at < GONE else []


def told(
    people: Callable[[float], list[Track]] = owner,
    light: Change = lambda image, _: image,
    *,
    lies: Callable[[float], bool] = lambda at: at >= BROUGHT,
    seconds: float = 70.0,
    **settings: float,
) -> list[tuple[float, bool]]:
    """When something was told of the hall, with two pictures a second."""
    camera = Camera(id="c", source="sim", zones=(HALL,), objects=Objects(**settings), stills=False)
    watch, found = LeftObjectWatch(camera, ZoneInfo("UTC")), []
    for n in range(round(seconds * 2)):
        at = n / 2
        picture = light(bag(YARD.picture(at)) if lies(at) else YARD.picture(at), at)
        events = watch.update(Seen(picture, (), tuple(people(at)), at, NOW))
        found += [(at, event.active) for event in events if isinstance(event, CameraObjectLeft)]
    return found


def test_a_bag_that_somebody_brought_and_left_is_told_once_it_lies_alone() -> None:
    ((at, active),) = told()
    assert active
    assert 19.0 <= at - GONE <= 23.0


def test_its_end_is_told_when_it_is_taken_away() -> None:
    (_, active), (gone, over) = told(lies=lambda at: BROUGHT <= at < 55.0)
    assert (active, over) == (True, False)
    assert 55.0 < gone <= 62.0


def stays(at: float) -> list[Track]:
    return [person(X - 0.05)] if at >= BROUGHT - 2 else []


def passers_by(at: float) -> list[Track]:
    """The owner, and then somebody else who walks past every four seconds."""
    return [*owner(at), *([person(0.3 + 0.2 * (at % 4), number=2 + int(at / 4))] if at >= GONE else [])]


@pytest.mark.parametrize("people", [stays, nobody])
def test_a_bag_with_its_owner_or_that_nobody_brought_is_nothing(people: Callable[[float], list[Track]]) -> None:
    assert told(people) == []


def test_who_walks_past_does_not_look_after_it() -> None:
    assert [active for _, active in told(passers_by)] == [True]


def dimmed(image: Image, at: float) -> Image:
    return np.asarray(image * (1.0 - 0.5 * min(1.0, max(0.0, at - 15) / 30)), dtype=np.uint8)


def lamps(image: Image, at: float) -> Image:
    return np.asarray(np.clip(image.astype(np.int16) + (60 if at > 24 else 0), 0, 255), dtype=np.uint8)


def sunbeam(image: Image, at: float) -> Image:
    """A patch of sun on the ground while the owner is there; its rim is soft, as rims of light are."""
    light = np.ones((HEIGHT, WIDTH), dtype=np.float32)
    if at > 21:
        light[220:330, 150:420] = 1.4
    soft = np.asarray(cv2.GaussianBlur(light, (0, 0), 4.0))
    return np.asarray(np.clip(image * soft[:, :, None], 0, 255), dtype=np.uint8)


@pytest.mark.parametrize("light", [dimmed, lamps, sunbeam])
def test_light_that_changes_while_somebody_is_there_leaves_nothing(light: Change) -> None:
    assert told(light=light, lies=lambda at: False) == []


@pytest.mark.parametrize("light", [dimmed, lamps])
def test_a_bag_is_found_while_the_light_changes(light: Change) -> None:
    assert [active for _, active in told(light=light)] == [True]


def test_a_thing_that_lies_for_long_belongs_there() -> None:
    assert [active for _, active in told(seconds=120.0, relearn_min=1.0)] == [True, False]
