"""An alarm as a short text in Chinese and English, for people who read it in a chat, a mail or an SMS."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from alerts.life.words import both
from alerts.notify.notice import Notice
from alerts.rules.rule import Bilingual, Severity

_SEVERITIES: dict[Severity, Bilingual] = {
    "info": both("提示", "info"),
    "warning": both("警告", "warning"),
    "major": both("重要", "major"),
    "critical": both("紧急", "critical"),
}
_ACTIONS: dict[str, Bilingual] = {
    "raise": both("报警", "raised"),
    "unsuppress": both("报警", "raised"),
    "put_back": both("报警", "raised"),
    "return": both("已恢复", "returned"),
    "acknowledge": both("已确认", "acknowledged"),
    "shelve": both("已搁置", "shelved"),
    "unshelve": both("搁置结束", "off the shelf"),
    "resolve": both("已处置", "resolved"),
    "escalate": both("无人确认，升级", "nobody acknowledged: escalated"),
    "remind": both("无人确认，提醒", "nobody acknowledged: reminder"),
    "flap": both("频繁反复，暂不再提醒", "comes and goes: no more messages for now"),
}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept in the outbox for channels that people read: one alarm's step, ready to be put together."""

    alarm: str
    urgent: bool
    title: str
    text: str
    link: str = ""

    @property
    def asked(self) -> str:
        """The line that asks to acknowledge; it stands before what may be cut off."""
        return f"确认 / acknowledge: {self.link}\n" if self.link else ""


def message(notice: Notice, zone: ZoneInfo) -> Message:
    """The step in words; times are of the school."""
    severity, action = _SEVERITIES[notice.severity], _ACTIONS[notice.action]
    at = notice.at.astimezone(zone).strftime("%m-%d %H:%M:%S")
    title = f"【{severity.zh}·{action.zh}】{notice.title.zh}"
    lines = [notice.reason.zh, f"[{severity.en}, {action.en}] {notice.title.en}", notice.reason.en, at]
    if notice.expected_students:
        lines.insert(
            1, f"应有 {notice.expected_students} 名学生在场 / {notice.expected_students} students expected there"
        )
    if notice.told:
        lines.append(f"处理人 / for: {', '.join(notice.told)}")
    return Message(
        alarm=notice.alarm,
        urgent=notice.severity == "critical" and notice.action in ("raise", "escalate", "remind"),
        title=title,
        text="\n".join(lines),
        link=notice.link,
    )


def together(messages: Sequence[Message], limit: int) -> tuple[str, str]:
    """Title and text of one or several messages within ``limit`` bytes of UTF-8; what is cut off is counted."""
    if len(messages) == 1:
        return messages[0].title, cut(f"{messages[0].title}\n{messages[0].asked}{messages[0].text}", limit)
    title = f"{len(messages)} 条报警消息 / {len(messages)} alarm messages"
    room = limit - len(title.encode()) - 60
    parts: list[str] = []
    for one in sorted(messages, key=lambda one: not one.urgent):
        part = f"• {one.title}\n{one.asked}  {one.text.splitlines()[0]}"
        room -= len(part.encode()) + 1
        if room < 0:
            left = len(messages) - len(parts)
            parts.append(f"… 另有 {left} 条，见控制台 / {left} more in the console")
            break
        parts.append(part)
    return title, cut("\n".join([title, *parts]), limit)


def cut(text: str, limit: int) -> str:
    """``text`` within ``limit`` bytes of UTF-8, never through a character."""
    data = text.encode()
    return text if len(data) <= limit else data[: limit - 3].decode(errors="ignore") + "…"
