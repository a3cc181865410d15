"""What the platform forgets by itself, gathered from every room, with how long the settings keep it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from alerts.review.stills import forget_stills
from attendance import retention as pupils
from campus import db
from campus.retention import Purge, Run, forget_dead_letters
from campus.retention import run as run_purges
from campus.settings.retention import Retention
from dashboards.access.account_changes import forget_changes
from dashboards.access.audit import forget_looks
from dashboards.access.factor_store import forget_used_codes
from dashboards.access.sign_on import forget_waiting
from devices.control.campaigns import forget_campaigns
from devices.control.commands import forget_commands
from devices.control.configuration import forget_configurations
from devices.trust.codes import forget_codes
from devices.trust.quarantine import forget_strangers


def purges(kept: Retention) -> list[Purge]:
    """Everything that is forgotten by itself, with how long it is kept."""
    return [
        Purge("passes", kept.passes_days, pupils.forget_passes),
        Purge("sightings", kept.passes_days, pupils.forget_sightings),
        Purge("leave_notes", kept.leave_notes_days, pupils.blank_leave),
        Purge("follow_ups", kept.follow_ups_days, pupils.forget_follow_ups),
        Purge("students_left", kept.students_left_days, pupils.erase_who_left),
        Purge("stills", kept.stills_days, forget_stills),
        Purge("access_log", kept.access_log_days, forget_looks),
        Purge("account_changes", kept.account_changes_days, forget_changes),
        Purge("sign_on_waiting", kept.sign_on_waiting_days, forget_waiting),
        Purge("campaigns", kept.orders_days, forget_campaigns),
        Purge("commands", kept.orders_days, forget_commands),
        Purge("configurations", kept.configurations_days, forget_configurations),
        Purge("enrolment_codes", kept.used_codes_days, forget_codes),
        Purge("recovery_codes", kept.used_codes_days, forget_used_codes),
        Purge("dead_letters", kept.dead_letters_days, forget_dead_letters),
        Purge("strangers", kept.strangers_days, forget_strangers),
    ]


def keep_to(engine: sa.Engine, kept: Retention, now: datetime) -> list[Run]:
    """One run over everything."""
    with db.write(engine) as conn:
        pupils.note_who_left(conn, now)
    return run_purges(engine, purges(kept), now)
