"""What alerts say to people, in Chinese and English: why a step happened and why an alarm was raised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.life.camera_words import seen_by_camera
from alerts.life.metric_words import called
from alerts.rules.event_rules import CountRule
from alerts.rules.reading_rules import AbsenceRule, ChangeRule, RateRule, ThresholdRule
from alerts.rules.rule import Bilingual
from campus.events import CameraIntrusion, CameraTamper, EdgeLoss, Event, SensorAlarm
from campus.facts import DeviceSilent


def both(zh: str, en: str) -> Bilingual:
    """A text in both languages."""
    return Bilingual(zh=zh, en=en)


# Every code that stands in `alarm_steps.why`.
WHY: dict[str, Bilingual] = {
    "tripped": both("条件成立", "the condition holds"),
    "held": both("条件持续成立", "the condition held for as long as the rule asks"),
    "again": both("再次发生", "it happened again"),
    "cleared": both("条件已恢复正常", "the condition is back to normal"),
    "quiet": both("一段时间内未再发生", "it was not repeated for as long as the rule asks"),
    "came_back": both("学生已返校", "the student came back in"),
    "leave_recorded": both("已补录请假", "leave was recorded afterwards"),
    "school_out": both("已放学", "school is out"),
    "off_schedule": both("不在规则的时段内", "the rule is off at this time"),
    "rule_removed": both("规则已停用", "the rule is no longer in force"),
    "by_link": both("通过消息中的链接", "by the link of a message"),
    "by_person": both("人工操作", "done by a person"),
    "maintenance": both("维护期间", "maintenance is going on"),
    "out_of_service": both("已停用", "taken out of service"),
    "explained": both("由另一条告警说明", "another alarm explains it"),
    "mute_ended": both("维护结束或已恢复使用", "maintenance is over, or it is back in service"),
    "unexplained": both("说明它的告警已结束", "the alarm that explained it is over"),
    "not_acknowledged": both("无人确认", "nobody has acknowledged"),
    "flapping": both("频繁反复", "it comes and goes"),
    "steady": both("已稳定", "it is steady again"),
    "shelf_expired": both("搁置到期", "the time on the shelf is over"),
}

_TAMPER = {
    "covered": both("镜头被遮挡", "covered"),
    "defocused": both("画面失焦", "out of focus"),
    "moved": both("镜头被转动", "turned away"),
    "frozen": both("画面冻结", "the picture is frozen"),
    "dark": both("画面全黑", "dark"),
    "overexposed": both("画面过曝", "overexposed"),
    "disconnected": both("视频断开", "disconnected"),
}
_SENSOR = {
    "smoke": both("烟雾探测器报警", "the smoke detector raised its alarm"),
    "gas": both("燃气探测器报警", "the gas detector raised its alarm"),
    "water": both("漏水探测器报警", "the water detector raised its alarm"),
    "panic": both("有人按下求助按钮", "someone pressed the panic button"),
    "door": both("门磁报告门已打开", "the contact says that the door is open"),
}


def over_limit(rule: ThresholdRule, value: float, lasted: timedelta) -> Bilingual:
    """Why a threshold rule raised: the value (in the rule's unit), the limit and how long it lasted."""
    zh_side, en_side = ("高于", "above") if rule.above is not None else ("低于", "below")
    minutes = f"{lasted.total_seconds() / 60:.3g}"
    zh_for, en_for = (f"，已持续 {minutes} 分钟", f" for {minutes} min") if rule.for_s else ("", "")
    unit, metric = f" {rule.unit}" if rule.unit else "", called(rule.metric)
    return both(
        f"{metric.zh} {value:g}{unit}，{zh_side} {rule.limit:g}{unit}{zh_for}",
        f"{metric.en} is {value:g}{unit}, {en_side} {rule.limit:g}{unit}{en_for}",
    )


def changed_fast(rule: RateRule, change: float) -> Bilingual:
    """Why a rate rule raised: by how much the value changed in its window."""
    zh_way, en_way = ("上升", "rose") if rule.rises is not None else ("下降", "fell")
    minutes, unit, metric = f"{rule.within_s / 60:.3g}", f" {rule.unit}" if rule.unit else "", called(rule.metric)
    return both(
        f"{metric.zh}在 {minutes} 分钟内{zh_way} {change:.4g}{unit}",
        f"{metric.en} {en_way} by {change:.4g}{unit} within {minutes} min",
    )


def changed(rule: ChangeRule, old: float, new: float) -> Bilingual:
    """Why a change rule raised."""
    metric = called(rule.metric)
    return both(f"{metric.zh}由 {old:g} 变为 {new:g}", f"{metric.en} went from {old:g} to {new:g}")


def absent(rule: AbsenceRule, last: datetime, now: datetime) -> Bilingual:
    """Why an absence rule raised: what did not come, for how long."""
    what, minutes = called(rule.metric or rule.event or ""), f"{(now - last).total_seconds() / 60:.3g}"
    return both(f"已 {minutes} 分钟没有 {what.zh}", f"no {what.en} for {minutes} min")


def too_often(rule: CountRule, count: int) -> Bilingual:
    """Why a count rule raised."""
    minutes = f"{rule.within_s / 60:.3g}"
    return both(
        f"{rule.event} 在 {minutes} 分钟内发生 {count} 次", f"{rule.event} happened {count} times within {minutes} min"
    )


def joined(rules: Sequence[str]) -> Bilingual:
    """Why a combination raised: the rules whose conditions hold together."""
    return both(f"同时成立：{'、'.join(rules)}"[:300], f"together: {', '.join(rules)}"[:300])


def happened(event: Event) -> Bilingual:
    """Why an event rule raised: what the device said."""
    match event:
        case CameraIntrusion(zone=zone, people=people, confidence=confidence):
            return both(
                f"区域 {zone} 内确认 {people} 人，置信度 {confidence:.0%}",
                f"{people} person(s) confirmed in zone {zone}, confidence {confidence:.0%}",
            )
        case CameraTamper(kind=kind):
            return _TAMPER[kind]
        case SensorAlarm(kind=kind):
            return _SENSOR[kind]
        case EdgeLoss(dropped=dropped, channel=channel, reason=reason):
            return both(
                f"丢弃 {dropped} 条 {channel} 消息：{reason}"[:300], f"{dropped} {channel} lost: {reason}"[:300]
            )
        case _:
            return seen_by_camera(event) or both(f"设备报告 {event.type}", f"the device reported {event.type}")


_SILENT = {
    "last will": both("与设备的连接已断开（遗嘱消息）", "the connection to the device broke (its last will arrived)"),
    "heartbeat too old": both("设备心跳超时", "the device's heartbeat is too old"),
}


def silent(fact: DeviceSilent) -> Bilingual:
    """Why a device counts as silent, and how many are cut off with it: those have no alarm of their own."""
    said = _SILENT[fact.why]
    if not fact.behind:
        return said
    return both(
        f"{said.zh}，其后 {fact.behind} 台设备随之失联", f"{said.en}; {fact.behind} devices behind it are cut off"
    )


def told_late(reason: Bilingual) -> Bilingual:
    """``reason`` for something that was stored while the device was offline."""
    return both(f"{reason.zh}（离线期间发生，补传）", f"{reason.en} (it happened while offline and was told later)")


LEFT = both(
    "学生在上课时间从校门离开，系统中没有请假记录", "the student went out in school hours and no leave is recorded"
)
