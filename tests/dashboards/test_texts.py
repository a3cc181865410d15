"""Every text is there in both languages, with the same places to fill, and every text the pages ask for exists."""

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from alerts.life.lifecycle import Action, Outcome, State
from attendance.policy import Status
from dashboards.access.audit import Action as Look
from dashboards.access.roles import PAGES, ROLES
from dashboards.assets import TEMPLATES
from dashboards.city.need import WORST_FIRST, Code
from dashboards.pages import (
    admin,
    console,
    devices,
    firmware,
    guardians,
    illness,
    leave,
    muster,
    overview,
    roll,
    rollouts,
    routes,
    rules,
    student,
    warnings,
)
from dashboards.problems import MEANINGS
from dashboards.texts.catalogue import say, texts
from dashboards.views.devices import Need
from devices.presence import presence

ZH, EN = texts("zh"), texts("en")
STATIC = TEMPLATES.parent / "static"
IN_TEMPLATE = re.compile(r"""\bt\(\s*["']([a-z_.-]+)["']""")
IN_SCRIPT = re.compile(r"""\bt\(\s*["']([a-z_.]+)["']""")
# Which texts the server hands to the scripts of a page, and the scripts that run there.
SHARED = ("boot.js", "api.js", "live.js", "toast.js")
SCRIPTS = {
    "console": (console.TEXTS, ("console.js", "case.js", "giving.js", "plan.js", "siren.js")),
    "roll": (roll.TEXTS, ("roll.js", "reasons.js", "many.js")),
    "student": (student.TEXTS, ("student.js", "reasons.js")),
    "warnings": (warnings.TEXTS, ("warnings.js",)),
    "leave": (leave.TEXTS, ("leave.js",)),
    "illness": (illness.TEXTS, ("illness.js",)),
    "guardians": (guardians.TEXTS, ("guardians.js",)),
    "devices": (devices.TEXTS, ("devices.js", "chart.js", "upkeep.js")),
    "muster": (muster.TEXTS, ("muster.js",)),
    "overview": (overview.TEXTS, ("overview.js",)),
    "roll-outs": (rollouts.TEXTS, ("campaigns.js", "roll-outs.js")),
    "firmware": (firmware.TEXTS, ("campaigns.js", "firmware.js")),
    "city": (("city",), ("city.js",)),
    "rules": (rules.TEXTS, ("rules.js", "draft.js", "rule-schema.js")),
    "routes": (routes.TEXTS, ("routes.js", "draft.js", "rule-schema.js")),
    "admin": (admin.TEXTS, ("admin.js", "access-log.js", "account-box.js", "sign-on.js", "tokens.js", "city-map.js")),
}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_none_is_empty() -> None:
    assert set(ZH) == set(EN)
    assert [key for key in ZH if not ZH[key].strip() or not EN[key].strip()] == []


def test_both_languages_fill_the_same_places() -> None:
    assert [key for key in ZH if places(ZH[key]) != places(EN[key])] == []


def test_chinese_texts_are_chinese_and_english_ones_are_not() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    plain = {"correct.done", "unsaved.theirs"}  # nothing but its places
    assert [key for key in EN if chinese.search(EN[key])] == []
    assert [key for key in ZH if not chinese.search(ZH[key]) and key not in plain] == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.stem)
def test_every_text_of_a_template_exists(path: Path) -> None:
    asked = {key for key in IN_TEMPLATE.findall(path.read_text(encoding="utf-8")) if not key.endswith((".", "_"))}
    assert asked - set(ZH) == set()


@pytest.mark.parametrize("page", SCRIPTS)
def test_every_text_of_a_script_is_handed_to_its_page(page: str) -> None:
    prefixes, scripts = SCRIPTS[page]
    allowed = {"common", "error", "live", *prefixes}
    for name in (*SHARED, *scripts):
        asked = set(IN_SCRIPT.findall((STATIC / name).read_text(encoding="utf-8")))
        assert asked - set(ZH) == set(), name
        assert {key.split(".")[0] for key in asked} - allowed == set(), name


def test_every_code_the_server_can_send_has_its_text() -> None:
    codes = {
        "state": get_args(State), "outcome": get_args(Outcome), "status": (*get_args(Status), "open"),
        "device_state": get_args(presence.State), "need": get_args(Need), "need_do": get_args(Need),
        "presence": [reason.replace(" ", "_") for reason in get_args(presence.Reason)],
        "access": get_args(Look), "role": ROLES, "page": [page for page, _ in PAGES],
        "city.why": get_args(Code), "city.state": WORST_FIRST,
        "error": {code for _, _, code in MEANINGS}, "error_help": {code for _, _, code in MEANINGS},
    }  # fmt: skip
    missing = [f"{prefix}.{code}" for prefix, found in codes.items() for code in found if f"{prefix}.{code}" not in ZH]
    assert missing == []
    assert [action for action in get_args(Action) if f"action.{action}_past" not in ZH] == []


def test_a_text_with_places_is_filled() -> None:
    assert say("en", "sign_in.wait", seconds=30) == "Too many tries; wait 30 seconds."
    assert "30" in say("zh", "sign_in.wait", seconds=30)
