"""Structured logs: one JSON object a line, with known fields only, so that personal data cannot slip in."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

# A field that is not listed is left out: a student's name or card number never reaches a log by accident.
FIELDS = frozenset(
    {"agent", "alarm", "attempt", "batch", "broker", "camera", "count", "device", "error", "gate", "kind", "lab"}
    | {"path", "place", "port", "reason", "rule", "school", "seconds", "series", "session", "spool", "stage"}
    | {"state", "task", "topic", "url", "version"}
)
QUIET = ("alembic", "apscheduler", "httpx", "httpcore", "amqtt", "transitions", "uvicorn.access")


class JsonLines(logging.Formatter):
    """Formats a record as ``{"at", "level", "from", "says", ...known fields}``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "says": record.getMessage(),
        }
        line.update({key: value for key, value in record.__dict__.items() if key in FIELDS})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(level: str = "INFO") -> None:
    """Send every log to standard error as JSON lines; third parties speak only when something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
