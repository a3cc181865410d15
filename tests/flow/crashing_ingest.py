"""Runs the real ingest program and ends it with SIGKILL at a named step: `crashing_ingest.py CONFIG STEP NTH`."""

import os
import signal
import sys
from pathlib import Path

from campus import config
from campus.clock import parse_clock
from campus.series.open import open_series
from campus.service import Service
from campus.settings import Settings
from cli.wiring import make_ingest, open_database
from ingest.program import consume


def main() -> int:
    settings = config.load(Settings, Path(sys.argv[1]))
    step, nth = sys.argv[2], int(sys.argv[3])
    reached = 0

    def checkpoint(name: str) -> None:
        nonlocal reached
        reached += name == step
        if name == step and reached == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = parse_clock(os.environ["CAMPUS_CLOCK"])
    engine, series = open_database(settings), open_series(settings.series)
    parts = make_ingest(settings, engine, series, clock, checkpoint)
    service = Service("ingest")
    service.on_stop("sink", parts.sink.close)
    service.on_stop("broker", parts.client.stop)
    service.task("consume", lambda stop: consume(parts.intake, parts.pipeline, settings.ingest, stop))
    parts.client.start()
    return service.run()


if __name__ == "__main__":
    sys.exit(main())
