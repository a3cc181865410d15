"""QR codes that students show to a camera: read by ZXing, checked with the school's key, used as often as they may."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

import zxingcpp

from campus import student_code
from campus.clock import Clock
from campus.errors import PayloadError
from edge_agent.camera.detector import Image
from edge_agent.camera.source import NoPicture, Source
from edge_agent.gate.source import Pass
from edge_agent.reader.numbers import Repeats, card_number
from edge_agent.reader.settings import QrCamera

FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
BLIND_S = 15.0  # without a picture, the reader is told as away
SPENT = 10_000  # codes of one use that are remembered; they expire within minutes


class QrReader:
    """The camera as a source of passes; ``key`` is the school's, which signed the codes.

    A code of one use passes once at this reader. A printed code passes whenever it is shown until it expires: a photo
    of it passes too, and only that one student is at two places, or passes too often, gives it away.
    """

    def __init__(self, qr: QrCamera, source: Source, key: bytes, clock: Clock) -> None:
        self._qr = qr
        self._source = source
        self._key = key
        self._clock = clock
        self._repeats = Repeats(qr.repeat_s)
        self._spent: OrderedDict[str, None] = OrderedDict()
        self._ready: list[Pass] = []
        self._blind_s = 0.0
        self._refused = {"codes_unknown": 0.0, "codes_forged": 0.0, "codes_expired": 0.0, "codes_replayed": 0.0}
        self.problem = ""

    def next(self, stop: threading.Event) -> Pass | None:
        """The next code that may pass; None soon after ``stop`` is set or when the pictures end."""
        while not stop.is_set():
            if self._ready:
                return self._ready.pop(0)
            got = self._source.next(stop)
            if got is None:
                break
            if isinstance(got, NoPicture):
                self._blind_s = got.seconds
                self.problem = f"no picture for {got.seconds:.0f} s"
                continue
            self._blind_s, self.problem = 0.0, ""
            for text in codes_in(got.image):
                seen = self.judge(text, self._clock.now())
                if seen is not None:
                    self._ready.append(seen)
        self._source.close()
        return None

    def health(self) -> dict[str, float]:
        """Seconds without a picture, and the codes that were refused, by reason."""
        return {"blind_s": round(self._blind_s, 1), **self._refused}

    def reachable(self) -> bool:
        """Whether the camera gives pictures."""
        return self._blind_s < BLIND_S

    def judge(self, text: str, now: datetime) -> Pass | None:
        """The pass for a code shown at ``now``; None when it was shown a moment ago or is refused."""
        if self._repeats.again(text, now):
            return None
        try:
            code = student_code.read(self._key, text, now)
        except PayloadError as error:
            return self._not_signed(text, error.reason)
        if code.once and code.number in self._spent:
            self._refused["codes_replayed"] += 1
            return None
        if code.once:
            self._spend(code.number)
        return Pass("", credential=code.credential)

    def _not_signed(self, text: str, reason: str) -> Pass | None:
        number = card_number(text, "", "as_read") if self._qr.plain and reason == "no_code" else None
        if number is not None:
            return Pass(number)
        self._refused["codes_unknown" if reason == "no_code" else f"codes_{reason}"] += 1
        return None

    def _spend(self, number: str) -> None:
        self._spent[number] = None
        if len(self._spent) > SPENT:
            self._spent.popitem(last=False)


def codes_in(image: Image) -> list[str]:
    """The texts of all QR codes in a picture (height x width x 3, BGR)."""
    return [code.text for code in zxingcpp.read_barcodes(image, formats=FORMATS) if code.text]
