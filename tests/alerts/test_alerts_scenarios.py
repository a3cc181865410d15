"""Scenarios on the virtual clock: at a time something happens, by a time an alarm is expected."""

import pytest

from tests.alerts.play import Play

SCENARIOS = {
    "co2 above the limit for ten minutes raises once": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:09
        10:09:50 expect nothing open
        10:10:05 expect co2-high of co2-101 unacknowledged
        10:11 co2-101 reads co2 1700 every 60 s until 10:40
        10:40 expect 1 alarm in all
    """,
    "the timer raises even when the deciding reading is a little late": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:08
        10:10:05 expect co2-high of co2-101 unacknowledged
    """,
    "co2 above the limit for nine minutes is nothing": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:09
        10:09:30 co2-101 reads co2 1400
        10:30 expect nothing open
        10:30 expect 0 alarms in all
    """,
    "a dip below the limit starts the ten minutes again": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:06
        10:07 co2-101 reads co2 1450
        10:08 co2-101 reads co2 1600 every 60 s until 10:17
        10:17:30 expect nothing open
        10:18 co2-101 reads co2 1600
        10:18:05 expect co2-high of co2-101 unacknowledged
    """,
    "exactly the limit does not trip": """
        10:00 co2-101 reads co2 1500 every 60 s until 10:30
        10:30 expect 0 alarms in all
    """,
    "between the limits an alarm neither returns nor repeats": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:11
        10:12 co2-101 reads co2 1300 every 60 s until 10:30
        10:30 expect co2-high of co2-101 unacknowledged
        10:31 co2-101 reads co2 1200
        10:31 expect co2-high of co2-101 unacknowledged
        10:32 co2-101 reads co2 1199
        10:32 expect co2-high of co2-101 returned unacknowledged
        10:32 expect 1 alarm in all
    """,
    "a silent sensor does not count as ten minutes of bad air": """
        10:00 co2-101 reads co2 1600
        10:30 expect 0 alarms in all
    """,
    "a gap between readings starts the ten minutes again": """
        10:00 co2-101 reads co2 1600
        10:08 co2-101 reads co2 1600 every 60 s until 10:17
        10:17:50 expect 0 alarms in all
        10:18 co2-101 reads co2 1600
        10:18:05 expect co2-high of co2-101 unacknowledged
    """,
    "late readings are history": """
        10:00 co2-101 reads co2 1600 late
        10:05 co2-101 reads co2 1600 late
        10:10 co2-101 reads co2 1600 late
        10:30 expect 0 alarms in all
    """,
    "two rooms are two alarms": """
        10:00 co2-101 reads co2 1600
        10:00 co2-102 reads co2 1600
        10:05 co2-101 reads co2 1600
        10:05 co2-102 reads co2 1600
        10:10:05 expect co2-high of co2-101 unacknowledged
        10:10:05 expect co2-high of co2-102 unacknowledged
    """,
    "a camera that measures co2 is not listened to": """
        10:00 cam-1 reads co2 1600 every 60 s until 10:15
        10:15 expect 0 alarms in all
    """,
    "heat is told after five minutes and returns below 36": """
        13:00 t-1 reads temperature 38.5 every 60 s until 13:04
        13:05:05 expect temperature-high of t-1 unacknowledged
        13:06 t-1 reads temperature 36.5
        13:06 expect temperature-high of t-1 unacknowledged
        13:07 t-1 reads temperature 35.9
        13:07 expect temperature-high of t-1 returned unacknowledged
    """,
    "smoke rings at once and returns when the detector says so": """
        09:00 smoke-1 alarms smoke
        09:00 expect smoke of smoke-1 unacknowledged
        09:10 expect smoke of smoke-1 unacknowledged
        09:20 smoke-1 clears smoke
        09:20 expect smoke of smoke-1 returned unacknowledged
        09:21 the guard acknowledges smoke of smoke-1
        09:21 expect nothing open
    """,
    "a detector that repeats itself is one alarm": """
        09:00 smoke-1 alarms smoke
        09:01 smoke-1 alarms smoke
        09:02 smoke-1 alarms smoke
        09:02 expect smoke of smoke-1 unacknowledged, reported 3 times
        09:02 expect 1 alarm in all
    """,
    "smoke again before anyone looked is the same alarm, rung again": """
        09:00 smoke-1 alarms smoke
        09:05 smoke-1 clears smoke
        09:06 smoke-1 alarms smoke
        09:06 expect smoke of smoke-1 unacknowledged, reported 2 times
        09:06 expect 1 alarm in all
    """,
    "smoke again after the alarm was dealt with is a new alarm": """
        09:00 smoke-1 alarms smoke
        09:01 the guard resolves smoke of smoke-1 as false
        09:01 expect nothing open
        09:10 smoke-1 alarms smoke
        09:10 expect smoke of smoke-1 unacknowledged
        09:10 expect 2 alarms in all
    """,
    "bad air that a person has dealt with is not rung again by the next reading": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:11
        10:12 the guard resolves co2-high of co2-101 as true
        10:13 co2-101 reads co2 1600 every 60 s until 10:40
        10:40 expect nothing open
        10:41 co2-101 reads co2 900
        10:42 co2-101 reads co2 1600 every 60 s until 10:52
        10:52:05 expect co2-high of co2-101 unacknowledged
        10:52:05 expect 2 alarms in all
    """,
    "gas and panic and doors have rules of their own": """
        09:00 smoke-1 alarms gas
        09:00 smoke-1 alarms panic
        09:00 door-1 alarms door
        09:00 expect gas of smoke-1 unacknowledged
        09:00 expect panic of smoke-1 unacknowledged
        09:00 expect door-open of door-1 unacknowledged
        09:01 door-1 clears door
        09:01 expect door-open of door-1 returned unacknowledged
    """,
    "water has no rule in the library": """
        09:00 smoke-1 alarms water
        09:00 expect 0 alarms in all
    """,
    "an intruder is one alarm however often seen, and returns ten minutes after the last sighting": """
        12:00 cam-1 sees a person in yard
        12:00 expect intrusion of cam-1 unacknowledged
        12:05 cam-1 sees a person in yard
        12:14 expect intrusion of cam-1 unacknowledged, reported 2 times
        12:15:05 expect intrusion of cam-1 returned unacknowledged
        12:15:05 expect 1 alarm in all
    """,
    "an intrusion told late still asks for a person": """
        12:00 cam-1 tells late that it saw a person at 11:20
        12:00:05 expect intrusion of cam-1 returned unacknowledged
        12:01 cam-1 tells late that it saw a person at 11:58
        12:01 expect intrusion of cam-1 unacknowledged
        12:08:05 expect intrusion of cam-1 returned unacknowledged
    """,
    "many intrusions told late after an outage are one alarm": """
        12:00 cam-1 tells late that it saw a person at 11:20
        12:00 cam-1 tells late that it saw a person at 11:25
        12:00 cam-1 tells late that it saw a person at 11:40
        12:00 expect intrusion of cam-1 returned unacknowledged, reported 3 times
        12:00 expect 1 alarm in all
    """,
    "a covered camera is told until it sees again": """
        09:00 cam-1 is covered
        11:00 expect camera-blind of cam-1 unacknowledged
        11:01 cam-1 sees again
        11:01 expect camera-blind of cam-1 returned unacknowledged
    """,
    "a silent gate, acknowledged, closes when it returns": """
        09:00 gate-1 falls silent
        09:00 expect device-silent-gate of gate-1 unacknowledged
        09:01 the guard acknowledges device-silent-gate of gate-1
        09:01 expect device-silent-gate of gate-1 acknowledged
        09:30 gate-1 returns
        09:30 expect nothing open
        09:30 expect device-silent-gate of gate-1 closed
    """,
    "cameras, sensors and agents fall silent under their own rules": """
        09:00 cam-1 falls silent
        09:00 co2-101 falls silent
        09:00 agent-1 falls silent
        09:00 expect device-silent-camera of cam-1 unacknowledged
        09:00 expect device-silent-other of co2-101 unacknowledged
        09:00 expect device-silent-other of agent-1 unacknowledged
        09:00 expect 3 alarms in all
    """,
    "an agent that lost messages says so for an hour": """
        09:00 agent-1 lost 12 messages
        09:00 expect edge-loss of agent-1 unacknowledged
        10:00:05 expect edge-loss of agent-1 returned unacknowledged
    """,
    "leaving in school hours without leave is told at once": """
        10:00 s-0001 goes out at gate-1
        10:00 expect left-in-school-hours of s-0001 unacknowledged
    """,
    "coming back returns the alarm": """
        10:00 s-0001 goes out at gate-1
        10:06 s-0001 comes in at gate-2
        10:06 expect left-in-school-hours of s-0001 returned unacknowledged
    """,
    "leaving with leave is nothing": """
        09:00 s-0001 has leave from 09:30 to 12:00
        10:00 s-0001 goes out at gate-1
        10:30 expect 0 alarms in all
    """,
    "leave that is over does not cover": """
        09:00 s-0001 has leave from 08:00 to 09:30
        10:00 s-0001 goes out at gate-1
        10:00 expect left-in-school-hours of s-0001 unacknowledged
    """,
    "leave recorded afterwards returns the alarm within a minute": """
        10:00 s-0001 goes out at gate-1
        10:10 s-0001 has leave from 09:30 to 12:00
        10:11:05 expect left-in-school-hours of s-0001 returned unacknowledged
    """,
    "going home after school is nothing": """
        16:30 s-0001 goes out at gate-1
        16:31 expect 0 alarms in all
    """,
    "school out returns the alarms of those who never came back": """
        15:00 s-0001 goes out at gate-1
        16:29 expect left-in-school-hours of s-0001 unacknowledged
        16:31:05 expect left-in-school-hours of s-0001 returned unacknowledged
    """,
    "a pass out told late is told while school lasts": """
        10:30 s-0001 goes out at gate-1, told late, at 10:00
        10:30 expect left-in-school-hours of s-0001 unacknowledged
    """,
    "a pass out told after school is no alarm any more": """
        17:00 s-0001 goes out at gate-1, told late, at 15:00
        17:01 expect 0 alarms in all
    """,
    "a pass out told late of a student who is back long since is nothing": """
        10:20 s-0001 comes in at gate-2
        11:00 s-0001 goes out at gate-1, told late, at 10:00
        11:01 expect 0 alarms in all
    """,
    "a restart forgets nothing and rings nothing again": """
        09:00 smoke-1 alarms smoke
        09:00 gate-1 falls silent
        09:01 the program restarts
        09:05 expect smoke of smoke-1 unacknowledged, reported 1 times
        09:06 smoke-1 clears smoke
        09:06 expect smoke of smoke-1 returned unacknowledged
        09:07 gate-1 returns
        09:07 expect device-silent-gate of gate-1 returned unacknowledged
        09:07 expect 2 alarms in all
    """,
    "a restart in the middle of the ten minutes keeps the count": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:06
        10:06:30 the program restarts
        10:07 co2-101 reads co2 1600 every 60 s until 10:09
        10:10:05 expect co2-high of co2-101 unacknowledged
    """,
    "a timer that ran out while the program was away waits for the messages that waited": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:08
        10:09:55 the program restarts
        10:10:10 expect nothing open
        10:10:12 co2-101 reads co2 900
        10:11 expect 0 alarms in all
    """,
    "and then raises what still holds": """
        10:00 co2-101 reads co2 1600 every 60 s until 10:08
        10:09:55 the program restarts
        10:10:10 expect nothing open
        10:10:40 expect co2-high of co2-101 unacknowledged
    """,
    "a shelved alarm keeps its record and comes back when its time is over": """
        10:00 smoke-1 alarms smoke
        10:01 the guard shelves smoke of smoke-1 until 11:00
        10:30 expect smoke of smoke-1 shelved
        11:00:05 expect smoke of smoke-1 unacknowledged
    """,
    "a shelved alarm that returned closes when its time is over": """
        10:00 smoke-1 alarms smoke
        10:01 the guard shelves smoke of smoke-1 until 11:00
        10:30 smoke-1 clears smoke
        10:30 expect smoke of smoke-1 shelved
        11:00:05 expect smoke of smoke-1 closed
    """,
    "an alarm can be taken off the shelf early": """
        10:00 smoke-1 alarms smoke
        10:01 the guard shelves smoke of smoke-1 until 11:00
        10:02 the guard unshelves smoke of smoke-1
        10:02 expect smoke of smoke-1 unacknowledged
    """,
}


@pytest.mark.parametrize("script", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_scenario(play: Play, script: str) -> None:
    play.run(script)
