"""What a gate tells of its reader: cards of the last hour that could not be read, whatever happened before."""

from datetime import UTC, datetime, timedelta

from edge_agent.gate.reading import LastHour

BEGIN = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)


def test_a_bad_hour_is_told_while_it_lasts_and_forgotten_after_it() -> None:
    hour = LastHour()
    told = {}
    for minute in range(181):
        bad = min(max(0, minute - 60), 30)  # a card unread a minute, from 8:00 to 8:30
        told[minute] = hour.update(
            10 * minute, {"bad_lines": bad, "codes_expired": 99.0}, BEGIN + timedelta(minutes=minute)
        )
    assert told[30] == {"passes_hour": 300.0, "errors_hour": 0.0}
    assert told[60]["errors_hour"] == 0
    assert told[90] == {"passes_hour": 600.0, "errors_hour": 30}
    assert told[180] == {"passes_hour": 600.0, "errors_hour": 0}
