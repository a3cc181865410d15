"""Many devices at once: a dead switch is one fact, however many devices were behind it."""

import sqlalchemy as sa

from benchmarks.devices import BEHIND_SWITCH, PRESENCE, City
from campus.facts import DeviceSilent
from devices.tables import device_states


def test_a_thousand_devices_behind_a_dead_switch_are_one_fact_and_come_back_without_another(engine: sa.Engine) -> None:
    city = City(engine, BEHIND_SWITCH + 10)
    city.run(60)
    switch = city.names[0]
    told, last = city.run(200, frozenset(city.names[: BEHIND_SWITCH + 1]))
    assert [(fact.device, type(fact)) for fact in told] == [(switch, DeviceSilent)]
    assert last is not None
    assert last <= PRESENCE.silent_after_s + 1
    with engine.connect() as conn:
        behind = conn.execute(
            sa.select(sa.func.count()).where(device_states.c.state == "offline", device_states.c.reason == "parent")
        )
        assert behind.scalar() == BEHIND_SWITCH
    assert city.run(60) == ([], None)
