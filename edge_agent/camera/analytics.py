"""The sections of a camera for what it may tell beside zones and lines; each is off until its first key is set."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from campus.settings import Positive, Section

Wait = Annotated[float, Meta(ge=0, le=3600)]
Part = Annotated[float, Meta(gt=0, le=1)]


class Fall(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[cameras.fall]``: a person who stood lies, and stays down."""

    confirm_s: Wait = 0.0  # seconds a person must stay down; 0: not watched
    turn_s: Positive = 4.0  # seconds from standing to lying: who lies down slower has not fallen
    low: Part = 0.6  # who lies is at most so tall, beside standing ...
    flat: Positive = 0.8  # ... and at most so tall beside wide


class Running(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[cameras.running]``: many run at once, more than is usual in this picture."""

    confirm_s: Wait = 0.0  # seconds it must last; 0: not watched
    speed: Positive = 1.8  # heights of a person a second: walking is 0.8, a jogging child 1.8
    people: Annotated[int, Meta(ge=1, le=1000)] = 3  # so many at least ...
    share: Part = 0.5  # ... and such a share of those in the picture
    burst: Annotated[float, Meta(ge=1)] = 3.0  # times as many as usually run here


class Objects(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[cameras.objects]``: what counts as a thing that was left; zones with ``object_s`` watch for them."""

    least: Part = 0.0006  # share of the picture that its box must have: 12 x 12 pixels of 640 x 360
    most: Part = 0.04  # ... and at most: larger is a vehicle, a door or a person
    near: Annotated[float, Meta(ge=0, le=10)] = 1.5  # who stands within so many of their own heights is with it
    relearn_min: Positive = 60.0  # a thing that lies for so long belongs there


class HeadCount(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[cameras.head_count]``: how many sit in a room, by places where somebody is found again and again."""

    every_s: Wait = 0.0  # seconds between two looks; 0: not counted
    looks: Annotated[int, Meta(ge=3, le=200)] = 12  # a count is over so many
    tiles: Annotated[int, Meta(ge=1, le=6)] = (
        1  # the picture is looked at whole, and in so many columns, for small heads
    )
    seen: Part = 0.35  # share of the looks in which somebody must be found at a place
    score: Part | None = None  # from which a detection counts; None: the camera's own score
