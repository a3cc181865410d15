"""An alert worker that is killed after the receiver took the message and before it is written down as done.

Run as a program: ``dying_worker.py DATABASE_URL WEBHOOK_URL``.
"""

import os
import signal
import sys

from alerts.notify.kinds import make_client, make_notifiers
from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.telling.worker import AlertWorker
from campus import db
from campus.clock import SystemClock
from campus.settings import Alerts, Webhook


class Dying:
    """A notifier that sends and then takes its process down, as a power cut would."""

    def __init__(self, inner) -> None:  # type: ignore[no-untyped-def]
        self.inner = inner
        self.name, self.kind, self.address = inner.name, inner.kind, inner.address
        self.min_severity = inner.min_severity

    def render(self, notice: Notice) -> bytes:
        return self.inner.render(notice)

    def send(self, parcel: Parcel) -> Receipt:
        self.inner.send(parcel)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("not reached")


if __name__ == "__main__":
    engine = db.open_engine(sys.argv[1])
    with make_client() as client:
        notifiers = make_notifiers(Alerts(webhooks=(Webhook(name="post", url=sys.argv[2]),)), client)
        AlertWorker(engine, {"post": Dying(notifiers["post"])}, SystemClock()).run_once()
