"""An incident as a message of the Common Alerting Protocol 1.2, for whoever outside the school has to know."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from alerts.incidents.incidents import Incident, Kind
from alerts.life.words import both
from alerts.rules.rule import Bilingual

# https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2-os.html
NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MessageType = Literal["Alert", "Update"]
# Of an identifier and a sender the specification forbids these signs.
_FORBIDDEN = re.compile(r"[ ,<&]")
_EVENTS: dict[Kind, Bilingual] = {
    "evacuation": both("校园疏散", "School evacuation"),
    "lockdown": both("校园封控避险", "School lockdown"),
}
_DO: dict[Kind, Bilingual] = {
    "evacuation": both(
        "校内人员按疏散路线到集合点清点人数；无关人员勿靠近校门。",
        "Everyone inside goes to the assembly point and is accounted for; keep the gates free.",
    ),
    "lockdown": both(
        "校内人员留在室内锁门；家长勿前往学校，等候通知。",
        "Everyone inside stays behind locked doors; parents do not come to the school and wait for word.",
    ),
}
_CLEAR = both("警报解除，恢复正常秩序。", "All clear: the school goes back to its ordinary day.")


def incident_to_cap(incident: Incident, sender: str, school: Bilingual, zone: ZoneInfo) -> bytes:
    """The message that an incident has begun, as UTF-8 XML, in Chinese and English.

    ``sender`` names the school world-wide, such as an address at its domain; raises `ValueError` for one with a blank,
    a comma, ``<`` or ``&``. A drill has the status Exercise. Nobody's name stands in it.
    """
    return _message(incident, "Alert", sender, school, incident.opened_at, zone)


def all_clear_to_cap(incident: Incident, sender: str, school: Bilingual, zone: ZoneInfo) -> bytes:
    """The message that an incident is over, which refers to the first; raises `ValueError` while it still runs."""
    if incident.closed_at is None:
        raise ValueError("the incident still runs: there is no all-clear yet")
    return _message(incident, "Update", sender, school, incident.closed_at, zone)


def _message(
    incident: Incident, kind: MessageType, sender: str, school: Bilingual, sent: datetime, zone: ZoneInfo
) -> bytes:
    if not sender or _FORBIDDEN.search(sender):
        raise ValueError(f"{sender!r} cannot be the sender of a CAP message: no blanks, commas, < or &")
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_tag("alert"))
    _add(root, "identifier", _identifier(incident, kind))
    _add(root, "sender", sender)
    _add(root, "sent", _at(sent, zone))
    _add(root, "status", "Exercise" if incident.exercise else "Actual")
    _add(root, "msgType", kind)
    _add(root, "scope", "Restricted")
    _add(root, "restriction", "School staff, guardians and the services called by the school")
    if incident.exercise:
        _add(root, "note", "演练 / This is a drill")
    if kind == "Update":
        _add(root, "references", f"{sender},{_identifier(incident, 'Alert')},{_at(incident.opened_at, zone)}")
    _add(root, "incidents", incident.id)
    for language in ("zh-CN", "en-US"):
        _info(root, incident, kind, school, language, zone)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _info(
    root: ET.Element, incident: Incident, kind: MessageType, school: Bilingual, language: str, zone: ZoneInfo
) -> None:
    over = kind == "Update"
    event = _in(_EVENTS[incident.kind], language)
    info = ET.SubElement(root, _tag("info"))
    _add(info, "language", language)
    _add(info, "category", "Safety" if incident.kind == "evacuation" else "Security")
    _add(info, "event", event)
    _add(info, "responseType", "AllClear" if over else "Evacuate" if incident.kind == "evacuation" else "Shelter")
    _add(info, "urgency", "Past" if over else "Immediate")
    _add(info, "severity", "Minor" if over or incident.exercise else "Severe")
    _add(info, "certainty", "Observed")
    _add(info, "onset", _at(incident.opened_at, zone))
    _add(info, "senderName", _in(school, language))
    _add(info, "headline", f"{_in(school, language)}: {event}")
    _add(info, "instruction", _in(_CLEAR if over else _DO[incident.kind], language))
    area = ET.SubElement(info, _tag("area"))
    _add(area, "areaDesc", _in(school, language))


def _identifier(incident: Incident, kind: MessageType) -> str:
    return f"{incident.id}.{'1' if kind == 'Alert' else '2'}"


def _at(moment: datetime, zone: ZoneInfo) -> str:
    """Local time with its offset; the protocol wants -00:00 for UTC (3.3.2)."""
    return moment.astimezone(zone).isoformat(timespec="seconds").replace("+00:00", "-00:00")


def _in(text: Bilingual, language: str) -> str:
    return text.zh if language == "zh-CN" else text.en


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _tag(name)).text = text


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
