"""The body of a webhook: a CloudEvents 1.0 event in structured JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from alerts.notify.notice import Notice

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
# What happened, in the past tense, by the action of the step.
TYPES = {
    "raise": "campus.alarm.raised",
    "return": "campus.alarm.returned",
    "acknowledge": "campus.alarm.acknowledged",
    "shelve": "campus.alarm.shelved",
    "unshelve": "campus.alarm.unshelved",
    "unsuppress": "campus.alarm.raised",  # nobody was told of it before
    "put_back": "campus.alarm.raised",
    "escalate": "campus.alarm.escalated",
    "remind": "campus.alarm.reminded",
    "flap": "campus.alarm.flapping",
    "resolve": "campus.alarm.resolved",
}
_encoder = msgspec.json.Encoder()


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md; ``subject`` is the alarm's id."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"] = "application/json"
    data: Notice


def to_cloudevent(notice: Notice) -> bytes:
    """The event as bytes; ``id`` is the notice's key, so that ``source`` and ``id`` together never repeat."""
    event = CloudEvent(
        id=notice.key,
        source=f"/campus/{notice.school}",
        type=TYPES[notice.action],
        subject=notice.alarm,
        time=notice.at.isoformat().replace("+00:00", "Z"),
        data=notice,
    )
    return _encoder.encode(event)
