"""``[retention]`` of the settings: what is kept how long."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from campus.settings.section import Section

Days = Annotated[float, Meta(ge=0)]


class Retention(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[retention]``: for how many days data is kept; 0 is for ever.

    Marks, alarms and incidents are never forgotten.
    """

    passes_days: Days = 180.0  # passes of gates and cards shown inside: where a student was
    stills_days: Days = 30.0  # pictures of alarms that are over
    leave_notes_days: Days = 400.0  # what was said of leave, and its symptom; the leave itself stays
    follow_ups_days: Days = 400.0  # closed follow-ups of the school doctor
    students_left_days: Days = 365.0  # after that, who left is erased: name, cards, guardians; marks stay by id
    access_log_days: Days = 1100.0  # who looked at whose data
    account_changes_days: Days = 1100.0  # what was changed of accounts, and by whom
    sign_on_waiting_days: Days = 90.0  # who came by single sign-on and was given no account
    orders_days: Days = 1100.0  # commands to devices and campaigns that are over: who asked for what
    configurations_days: Days = 1100.0  # revisions that no device would go back to
    used_codes_days: Days = 400.0  # enrolment codes that ended, recovery codes that were used
    dead_letters_days: Days = 30.0  # messages that could not be used
    strangers_days: Days = 90.0  # unknown devices that were not heard since
