"""A program killed at random points, again and again: what it stored is in the spool once, what it forgot is gone."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.spool import Spool

ROUNDS = 5
# Stores events and forgets each third, as an acknowledgement would; says what it did only when it is done.
PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from edge_agent.spool import Spool
spool, now = Spool(Path(sys.argv[1]), 10**8), datetime(2026, 9, 7, tzinfo=UTC)
for number in range(10**6):
    name = f"{sys.argv[2]}-{number}"
    assert spool.put("event", "t" + sys.argv[2], name.encode(), now, late=False)
    print("put", name, flush=True)
    if number % 3 == 0:
        last = [m.id for m in spool.live(10**6, ()) if m.payload == name.encode()]
        spool.done(last)
        print("done", name, flush=True)
"""


def killed_at_random(path: Path, name: int, chance: random.Random) -> list[list[str]]:
    """Run the program, kill it after some of its steps, and return what it had said until then."""
    arguments = [sys.executable, "-c", PROGRAM, str(path), str(name)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        said = [program.stdout.readline() for _ in range(chance.randint(1, 60))]
        program.send_signal(signal.SIGKILL)
        rest = program.stdout.read()
    return [line.split() for line in ("".join(said) + rest).splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.parametrize("seed", [1, 2])
def test_kills_at_random_points_lose_no_event_and_double_none(tmp_path: Path, seed: int) -> None:
    path, chance = tmp_path / "spool.db", random.Random(seed)
    said = [step for name in range(ROUNDS) for step in killed_at_random(path, name, chance)]
    put, done = ({name for what, name in said if what == word} for word in ("put", "done"))
    assert {name.split("-")[0] for name in put} == {str(name) for name in range(ROUNDS)}
    spool = Spool(path, 10**8)
    waiting = [message.payload.decode() for message in spool.late(10**6, ())]
    spool.close()
    assert len(waiting) == len(set(waiting))
    # Each kill may fall between a step and its being said: at most one more event stored, or one more forgotten.
    assert not done & set(waiting)
    missing = put - done - set(waiting)
    assert all(int(name.split("-")[1]) % 3 == 0 for name in missing)
    assert len(missing) + len(set(waiting) - put) <= ROUNDS
