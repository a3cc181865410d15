"""An alert stage that plays scenarios."""

import pytest
import sqlalchemy as sa

from campus.clock import VirtualClock
from tests.alerts.play import Play


@pytest.fixture
def play(engine: sa.Engine, clock: VirtualClock) -> Play:
    return Play(engine, clock)
