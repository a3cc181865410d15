"""What a letter to a guardian says, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from attendance.guardians.notices import Facts, NoticeKind, claim_of
from attendance.policy import Status
from campus.clock import from_ms

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "arrived": "{name} {day} {at} 到校{late}。",
        "arrived.word": "{name} {day} 已到校（老师确认）。",
        "late": "，迟到 {minutes} 分钟",
        "left": "{name} {day} {at} 离校。",
        "back": "{name} {day} {at} 返校。",
        "absent": "{name} {day} 到校时间已过，没有到校记录，也没有请假。请与班主任联系。",
        "absent.word": "{name} {day} 未到校（老师确认）。请与班主任联系。",
        "leave.approved": "{name} 的请假（{from} 至 {to}）已批准。",
        "leave.refused": "{name} 的请假（{from} 至 {to}）未批准，请与班主任联系。",
        "leave.withdrawn": "{name} 的请假（{from} 至 {to}）已撤销。",
        "corrected.there": "更正：此前关于 {name} {day} 未到校的消息有误，{at} 已到校{late}。让您担心，十分抱歉。",
        "corrected.there.word": "更正：此前关于 {name} {day} 未到校的消息有误，老师确认已到校。让您担心，十分抱歉。",
        "corrected.excused": "更正：此前关于 {name} {day} 未到校的消息有误，已请假或不需到校。让您担心，十分抱歉。",
        "corrected.absent": "更正：此前关于 {name} {day} 到校的消息有误，{name} 未到校。请与班主任联系。",
        "corrected.left": "更正：此前关于 {name} {day} {at} 离校的消息有误，当时并未离校。",
        "subject": "{school}：{names}",
        "between": "、",
    },
    "en": {
        "arrived": "{name} arrived at school on {day} at {at}{late}.",
        "arrived.word": "{name} is at school on {day}, says a teacher.",
        "late": ", {minutes} min late",
        "left": "{name} left school on {day} at {at}.",
        "back": "{name} came back to school on {day} at {at}.",
        "absent": "{name} was not seen arriving on {day}, and no leave is known. Please call the class teacher.",
        "absent.word": "{name} is not at school on {day}, says a teacher. Please call the class teacher.",
        "leave.approved": "The leave of {name} ({from} to {to}) is approved.",
        "leave.refused": "The leave of {name} ({from} to {to}) is not approved. Please call the class teacher.",
        "leave.withdrawn": "The leave of {name} ({from} to {to}) is withdrawn.",
        "corrected.there": "Correction: {name} was not absent on {day}: arrived at {at}{late}. Sorry for the worry.",
        "corrected.there.word": "Correction: {name} was not absent on {day}; a teacher says so. Sorry for the worry.",
        "corrected.excused": "Correction: {name} was not absent on {day}: on leave or not required. Sorry for it.",
        "corrected.absent": "Correction: {name} did not arrive at school on {day}. Please call the class teacher.",
        "corrected.left": "Correction: {name} did not leave school on {day} at {at}.",
        "subject": "{school}: {names}",
        "between": ", ",
    },
}


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One notice with the student's name, ready to be put in words."""

    name: str
    day: date
    kind: NoticeKind
    status: Status | None
    facts: Facts


def sentence(fact: Fact, language: str, zone: ZoneInfo) -> str:
    """One fact as one sentence, with times of the school."""
    words = _WORDS[language]
    said: dict[str, str] = {"name": fact.name, "day": _day(fact.day, language), "late": ""}
    for name in ("at", "from", "to"):
        if isinstance(moment := fact.facts.get(name), int):
            at = from_ms(moment).astimezone(zone)
            said[name] = f"{at:%H:%M}" if name == "at" else f"{at:%m-%d %H:%M}"
    if fact.facts.get("minutes"):
        said["late"] = words["late"].format(minutes=fact.facts["minutes"])
    return words[_key(fact, words)].format_map(said)


def _key(fact: Fact, words: Mapping[str, str]) -> str:
    """The text for a fact; that of a person's word where it rests on one."""
    key: str = fact.kind
    if fact.kind == "leave":
        key = f"leave.{fact.facts.get('state')}"
    elif fact.kind == "corrected":
        key = f"corrected.{fact.facts['said'] if fact.status is None else claim_of(fact.status)}"
    by_person = f"{key}.word"
    return by_person if fact.facts.get("why") == "corrected" and by_person in words else key


def subject(school: str, names: Sequence[str], language: str) -> str:
    """The subject of a letter, within 200 characters."""
    words = _WORDS[language]
    return words["subject"].format(school=school, names=words["between"].join(dict.fromkeys(names)))[:200]


def letter(school: str, facts: Sequence[Fact], language: str, zone: ZoneInfo) -> str:
    """The text of a letter: the school, then a line for each fact, in the order of the students."""
    lines = [sentence(one, language, zone) for one in facts]
    return f"【{school}】" + "\n".join(lines) if language == "zh" else f"[{school}] " + "\n".join(lines)


def _day(day: date, language: str) -> str:
    return f"{day.month}月{day.day}日" if language == "zh" else f"{day:%b} {day.day}"
