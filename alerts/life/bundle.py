"""The evidence bundle of an alarm: a ZIP of plain files with the hash of each, so that a change of one can be shown."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from alerts.life import queries
from alerts.life.queries import AlarmDetail
from alerts.tables import deliveries, event_history, evidence, outbox, rule_versions
from campus.clock import from_ms, to_ms
from campus.series.store import Sample, SeriesKey, SeriesStore

BEFORE, AFTER, LONGEST = timedelta(minutes=30), timedelta(minutes=10), timedelta(hours=6)
READ_AT_ONCE = 10_000
_README = """\
证据包 / Evidence bundle

manifest.json   报警编号、时间窗与各文件的 SHA-256；生成者与生成时间
                the alarm, the window of time, the SHA-256 of each file, who made it and when
SHA256SUMS      校验：sha256sum -c SHA256SUMS / check: sha256sum -c SHA256SUMS
alarm.json      报警及其规则版本 / the alarm and the version of its rule
timeline.json   每一步：何时、何人、为何 / each step: when, by whom, why
told.json       通知了谁、经何渠道、结果如何 / who was told, over which endpoint, with what result
audit.json      谁在何时查看过 / who looked at it and when
events.jsonl    时间窗内同一地点或同一对象的事件 / events about the place or the subject within the window
telemetry.csv   时间窗内该设备的读数 / readings of the device within the window
passes.csv      涉及学生时：当日进出 / for a student: the passes of the day
roll.csv        涉及学生时：当日点名记录 / for a student: the marks of the day
stills/         已遮挡人像的画面 / stills with people blurred
"""
Files = dict[str, bytes]


class Window(msgspec.Struct, frozen=True):
    """The time a bundle covers."""

    start: datetime
    end: datetime


def window(detail: AlarmDetail, now: datetime) -> Window:
    """From half an hour before the cause began to ten minutes after it was over, six hours at most."""
    row = detail.alarm
    over = row.closed_at or row.returned_at or row.acknowledged_at or now
    start = row.began_at - BEFORE
    return Window(start, min(now, over + AFTER, start + LONGEST))


def files_of(conn: sa.Connection, store: SeriesStore, school: str, alarm_id: str, now: datetime) -> Files:
    """What the alarm room and the series store know of an alarm of ``school``; raises `NotFound`."""
    detail = queries.alarm(conn, school, alarm_id)
    span = window(detail, now)
    told = {
        "people": queries.told(conn, school, alarm_id),
        "messages": detail.deliveries,
        "attempts": _attempts(conn, alarm_id),
    }
    mine = (rule_versions.c.rule == detail.alarm.rule, rule_versions.c.version == detail.rule_version)
    document = conn.execute(sa.select(rule_versions.c.document).where(*mine)).scalar()
    whole = {
        "alarm": detail.alarm,
        "event": detail.event_id,
        "rule_version": detail.rule_version,
        "rule": msgspec.json.decode(document) if document else None,
    }
    made: Files = {
        "alarm.json": as_json(whole),
        "timeline.json": as_json(detail.steps),
        "told.json": as_json(told),
        "events.jsonl": b"".join(_events(conn, detail, span)),
        "telemetry.csv": _telemetry(store, detail, span),
    }
    return made | _stills(conn, alarm_id)


def as_json(value: object) -> bytes:
    """JSON with an indent, for people; moments are RFC 3339 in UTC."""
    plain = json.loads(msgspec.json.encode(value))
    return (json.dumps(plain, ensure_ascii=False, indent=2) + "\n").encode()


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file in UTF-8 with a byte order mark, so that spreadsheets read Chinese."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([[_cell(one) for one in row] for row in rows])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def pack(files: Mapping[str, bytes], about: Mapping[str, object], made_at: datetime) -> bytes:
    """The ZIP: ``files``, a manifest with ``about`` and every hash, and a list that sha256sum checks.

    The same input gives the same bytes.
    """
    content = {"README.txt": _README.encode(), **files}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(content.items())}
    manifest = {"format": "campus evidence bundle 1", **about, "made_at": made_at, "files": hashes}
    content["manifest.json"] = as_json(manifest)
    sums = {**hashes, "manifest.json": hashlib.sha256(content["manifest.json"]).hexdigest()}
    content["SHA256SUMS"] = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()
    file = io.BytesIO()
    stamp = (made_at.year, made_at.month, made_at.day, made_at.hour, made_at.minute, made_at.second)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in sorted(content.items()):
            bundle.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@")):
        return f"'{value}"  # a person's words are text, never a formula of a spreadsheet
    return value.isoformat() if isinstance(value, datetime) else value


def _attempts(conn: sa.Connection, alarm_id: str) -> list[dict[str, object]]:
    query = sa.select(
        outbox.c.key, outbox.c.endpoint, deliveries.c.at, deliveries.c.attempt, deliveries.c.result,
        deliveries.c.status, deliveries.c.detail, deliveries.c.took_ms,
    ).join_from(deliveries, outbox, outbox.c.id == deliveries.c.outbox)  # fmt: skip
    rows = conn.execute(query.where(outbox.c.alarm == alarm_id).order_by(deliveries.c.id)).mappings()
    return [dict(row) for row in rows]


def _events(conn: sa.Connection, detail: AlarmDetail, span: Window) -> Iterable[bytes]:
    """What rules heard in the window at the place of the alarm, of its device, or about its subject."""
    row = detail.alarm
    there = (event_history.c.school == row.school, event_history.c.at >= span.start, event_history.c.at < span.end)
    for one in conn.execute(sa.select(event_history).where(*there).order_by(event_history.c.at, event_history.c.id)):
        body = msgspec.json.decode(one.body)
        about = one.device in (row.device, row.subject) or body.get("student") == row.subject
        # A pass at the same gate is of somebody else's child: only the subject's own is evidence.
        if body.get("student") in (None, row.subject) and (about or one.place == row.place):
            told = {"at": one.at, "received": one.received, "device": one.device, "kind": one.kind, "body": body}
            yield msgspec.json.encode(told | {"id": one.id, "late": one.late}) + b"\n"


def _telemetry(store: SeriesStore, detail: AlarmDetail, span: Window) -> bytes:
    row = detail.alarm
    metrics = sorted(store.latest(row.school, row.device)) if row.device else []
    rows = (
        (from_ms(one.ts), row.device, metric, one.value)
        for metric in metrics
        for one in _samples(store, SeriesKey(row.school, row.device or "", metric), span)
    )
    return as_csv(("at", "device", "metric", "value"), rows)


def _samples(store: SeriesStore, key: SeriesKey, span: Window) -> Iterator[Sample]:
    begin, end = to_ms(span.start), to_ms(span.end)
    while found := store.read(key, begin, end, READ_AT_ONCE):
        yield from found
        begin = found[-1].ts + 1


def _stills(conn: sa.Connection, alarm_id: str) -> Files:
    query = sa.select(evidence).where(evidence.c.alarm == alarm_id).order_by(evidence.c.at, evidence.c.id)
    return {
        f"stills/{number:02d}-{row.at:%Y%m%dT%H%M%SZ}.jpg": row.data
        for number, row in enumerate(conn.execute(query), start=1)
        if row.media_type == "image/jpeg"
    }
