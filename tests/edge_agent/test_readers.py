"""Card readers that type, card readers on a serial line, and QR codes before a camera."""

import os
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from campus import student_code
from campus.clock import VirtualClock
from campus.credentials import hash_credential
from campus.errors import PayloadError
from campus.events import GatePass
from edge_agent.camera.detector import Image
from edge_agent.camera.source import Frame, NoPicture
from edge_agent.gate.agent import GateAgent
from edge_agent.gate.settings import Gate
from edge_agent.gate.source import Pass, PassSource
from edge_agent.reader import serial_line, wedge
from edge_agent.reader.frames import LONGEST, Frames
from edge_agent.reader.keys import TypedLine
from edge_agent.reader.numbers import card_number
from edge_agent.reader.qr import QrReader, codes_in
from edge_agent.reader.serial_line import SerialReader
from edge_agent.reader.settings import QrCamera, SerialLine, Wedge
from edge_agent.reader.wedge import KeyboardWedge
from tests.edge_agent.conftest import Notebook

KEY = b"k" * 32
DAY = datetime(2026, 9, 7, tzinfo=UTC)
ENTER, SHIFT = 28, 42
CODES = dict(zip("1234567890", range(2, 12), strict=True)) | {"a": 30, "f": 33}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (wedge, serial_line):
        monkeypatch.setattr(module, "TICK_S", 0.02)
        monkeypatch.setattr(module, "AWAY_S", 0.02)


@pytest.mark.parametrize(
    ("text", "pattern", "form", "number"),
    [
        (" 0012345678 ", "", "as_read", "0012345678"),
        ("ID:0012345678;", r"ID:(\d+)", "as_read", "0012345678"),
        ("0012345678", r"^\d{8}$", "as_read", None),
        ("04A1B2C3", "", "hex_to_decimal", "0077705923"),
        ("04A1B2C3", "", "reversed_hex_to_decimal", "3283263748"),
        ("04A1B2", "", "hex_to_decimal", "0000303538"),
        ("no hex", "", "hex_to_decimal", None),
        ("", "", "as_read", None),
        ("卡", "", "as_read", None),
        ("12\x07", "", "as_read", None),
    ],
)
def test_what_a_reader_sends_becomes_the_number_on_the_card(text: str, pattern: str, form: Any, number: str) -> None:
    assert card_number(text, pattern, form) == number


@given(st.text(), st.sampled_from(["", r"(\d+)", "x?"]), st.sampled_from(["as_read", "hex_to_decimal"]))
@settings(max_examples=50)
def test_any_text_is_a_short_number_or_none(text: str, pattern: str, form: Any) -> None:
    number = card_number(text, pattern, form)
    assert number is None or 0 < len(number) <= 64


# -- keyboard wedges ------------------------------------------------------------------------------------------------


def typed(text: str, at: float = 100.0, enter: bool = True) -> bytes:
    """Input events of a reader that types ``text``; capitals with the shift key."""
    keys: list[tuple[int, int]] = []
    for char in text:
        code = CODES[char.lower()]
        keys += [(SHIFT, 1)] if char.isupper() else []
        keys += [(code, 1), (code, 0)]
        keys += [(SHIFT, 0)] if char.isupper() else []
    keys += [(ENTER, 1), (ENTER, 0)] if enter else []
    events = [(1, code, value) for code, value in keys]
    return b"".join(
        struct.pack("llHHi", int(at), 0, *event) + struct.pack("llHHi", int(at), 0, 0, 0, 0) for event in events
    )


class AtWork:
    """A gate's agent with a reader, on a thread."""

    def __init__(self, reader: PassSource, clock: VirtualClock, voice: Notebook) -> None:
        self.reader, self._voice, self._stop = reader, voice, threading.Event()
        agent = GateAgent(Gate(id="gate-1", direction="in"), reader, KEY, clock, voice)
        self._thread = threading.Thread(target=agent.run, args=(self._stop,))
        self._thread.start()

    def until(self, passes: int) -> list[str]:
        for _ in range(3000):
            if len(self._voice.events) >= passes:
                break
            threading.Event().wait(0.01)
        return [event.credential for _, event, _ in self._voice.events if isinstance(event, GatePass)]

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """Something that can be read like an input device; only the exclusive grab is the kernel's own."""
    path = tmp_path / "event0"
    os.mkfifo(path)
    return path


def test_what_a_wedge_types_becomes_a_hash_and_a_reader_may_be_pulled_out(
    fifo: Path, clock: VirtualClock, voice: Notebook
) -> None:
    grabbed: list[int] = []
    with fifo.open("r+b", buffering=0) as keys:
        work = AtWork(KeyboardWedge(Wedge(device=fifo, pattern=r"^[0-9A-F]+$"), clock, grabbed.append), clock, voice)
        data = typed("0012F")
        keys.write(data[:50])  # half an event stays for the next
        keys.write(data[50:] + typed("0012F"))  # held before the reader: once
        assert work.until(1) == [hash_credential(KEY, "0012F")]
        keys.write(typed("99a"))  # small letters are no number here
        keys.write(typed("77"))
        assert work.until(2)[1] == hash_credential(KEY, "77")
        assert work.reader.health() == {"connected": 1.0, "bad_lines": 1.0}
    fifo.unlink()
    for _ in range(3000):
        if not work.reader.reachable():
            break
        threading.Event().wait(0.01)
    assert not work.reader.reachable()
    os.mkfifo(fifo)
    with fifo.open("r+b", buffering=0) as keys:
        keys.write(typed("88"))
        assert work.until(3)[2] == hash_credential(KEY, "88")
    assert len(grabbed) >= 2
    work.end()


def test_half_a_number_does_not_join_the_next_after_a_pause() -> None:
    line = TypedLine()
    given = [line.key(CODES[digit], 1, 1.0) for digit in "12"]
    assert given == [None, None]
    assert line.key(CODES["3"], 1, 9.0) is None
    assert line.key(ENTER, 1, 9.1) == "3"


@given(st.lists(st.tuples(st.integers(0, 800), st.integers(0, 2), st.floats(0, 2))))
@settings(max_examples=50)
def test_any_keys_make_short_lines(keys: list[tuple[int, int, float]]) -> None:
    line = TypedLine()
    for code, value, at in keys:
        assert len(line.key(code, value, at) or "") <= 65


def test_a_device_of_another_program_is_told_and_not_read(fifo: Path, clock: VirtualClock, voice: Notebook) -> None:
    def busy(_fd: int) -> None:
        raise OSError(16, "Device or resource busy")

    reader = KeyboardWedge(Wedge(device=fifo), clock, busy)
    work = AtWork(reader, clock, voice)
    for _ in range(3000):
        if reader.problem:
            break
        threading.Event().wait(0.01)
    work.end()
    assert "Device or resource busy" in reader.problem


# -- serial lines ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "data", "texts"),
    [
        ({}, b"0012\r\n0013\r\n\x0314", ["0012", "0013"]),
        ({"start": "\x02", "end": "\x03"}, b"noise\x020012\x03noise\x02001\x020013\r\n\x03", ["0012", "0013"]),
        ({"length": 4}, b"00120013001", ["0012", "0013"]),
        ({"start": "\x02", "length": 4}, b"xx\x020012\r\n\x020013", ["0012", "0013"]),
    ],
)
def test_a_line_is_cut_by_its_marks(options: dict[str, Any], data: bytes, texts: list[str]) -> None:
    frames = Frames(SerialLine(device="x", **options))
    assert [text for byte in data for text in frames.feed(bytes([byte]))] == texts


@given(st.binary(max_size=600), st.sampled_from(["", "\x02"]), st.integers(0, 64))
@settings(max_examples=50)
def test_any_bytes_are_cut_in_bounded_memory(data: bytes, start: str, length: int) -> None:
    frames = Frames(SerialLine(device="x", start=start, length=length))
    assert all(0 < len(text) <= LONGEST for text in frames.feed(data))
    assert len(frames._text) <= LONGEST


def test_a_reader_on_a_line_is_heard_and_a_card_that_stays_passes_once(clock: VirtualClock, voice: Notebook) -> None:
    ours, theirs = os.openpty()
    work = AtWork(SerialReader(SerialLine(device=os.ttyname(theirs), form="hex_to_decimal"), clock), clock, voice)
    for _ in range(3000):
        if work.reader.reachable():
            break
        threading.Event().wait(0.01)
    os.write(ours, b"04A1B2C3\r\n04A1B2C3\r\nnonsense\r\n")
    os.write(ours, b"04A1B2C4\r\n")
    assert work.until(2) == [hash_credential(KEY, number) for number in ("0077705923", "0077705924")]
    assert work.reader.health() == {"connected": 1.0, "bad_lines": 1.0}
    work.end()
    os.close(ours)
    os.close(theirs)


def test_a_line_that_is_not_there_is_told_and_tried_again(clock: VirtualClock, tmp_path: Path) -> None:
    reader, stop = SerialReader(SerialLine(device=str(tmp_path / "ttyUSB0")), clock), threading.Event()
    threading.Timer(0.1, stop.set).start()
    assert reader.next(stop) is None
    assert not reader.reachable()
    assert "ttyUSB0" in reader.problem


# -- QR codes -------------------------------------------------------------------------------------------------------

CREDENTIAL = hash_credential(KEY, "0012345678")


def picture_of(text: str) -> Image:
    """The code as a camera would see it: some pixels a module, with a margin, on a grey wall."""
    modules = np.array([list(row) for row in segno.make(text, error="m").matrix], dtype=np.uint8)
    code = np.kron(np.pad(modules, 4), np.ones((6, 6), dtype=np.uint8))
    image = np.full((480, 640, 3), 128, dtype=np.uint8)
    height, width = code.shape
    image[40 : 40 + height, 60 : 60 + width] = (255 * (1 - code))[:, :, None]
    return image


class Pictures:
    """A camera `Source` of given pictures."""

    def __init__(self, *pictures: Image | None) -> None:
        self._pictures = iter(pictures)

    def next(self, stop: threading.Event) -> Frame | NoPicture | None:
        picture = next(self._pictures, stop)
        return None if picture is stop else NoPicture(20.0) if picture is None else Frame(picture, 0.0)  # type: ignore[arg-type]

    def close(self) -> None:
        pass


def passes(reader: PassSource) -> Iterator[Pass]:
    while (seen := reader.next(threading.Event())) is not None:
        yield seen


def test_a_code_before_the_camera_is_a_pass_with_the_credential_in_it(clock: VirtualClock) -> None:
    code = student_code.issue(KEY, CREDENTIAL, clock.now() + timedelta(days=100), once=False)
    reader = QrReader(QrCamera(source="0"), Pictures(picture_of(code), picture_of(code), None), KEY, clock)
    (seen,) = passes(reader)
    assert seen.hashed(KEY) == CREDENTIAL
    assert not reader.reachable()
    assert "0012345678" not in code


@given(st.integers(min_value=0, max_value=2**128 - 1))
@settings(max_examples=100)
def test_any_code_of_the_school_is_read_from_a_picture(credential: int) -> None:
    code = student_code.issue(KEY, f"{credential:032x}", DAY + timedelta(days=100), once=False)
    assert codes_in(picture_of(code)) == [code]
    assert codes_in(np.full((480, 640, 3), 128, dtype=np.uint8)) == []


def judged(reader: QrReader, clock: VirtualClock, text: str) -> bool:
    clock.advance(timedelta(minutes=1))  # past the time in which a repeated code is one look
    return reader.judge(text, clock.now()) is not None


def test_a_code_of_one_use_passes_once_and_a_photo_of_it_is_counted(clock: VirtualClock) -> None:
    reader = QrReader(QrCamera(source="0"), Pictures(), KEY, clock)
    once = student_code.issue(KEY, CREDENTIAL, clock.now() + timedelta(minutes=10), once=True)
    many = student_code.issue(KEY, CREDENTIAL, clock.now() + timedelta(minutes=10), once=False)
    assert [judged(reader, clock, text) for text in (once, once, many, many)] == [True, False, True, True]
    forged = many.replace(".m", ".o")
    other = student_code.issue(b"another school's key", CREDENTIAL, clock.now() + timedelta(days=1), once=False)
    assert not any(judged(reader, clock, text) for text in (forged, other, "https://example.com", "0012345678"))
    clock.advance(timedelta(minutes=20))
    assert not judged(reader, clock, many)
    assert reader.health() == {
        "blind_s": 0.0, "codes_unknown": 2.0, "codes_forged": 2.0, "codes_expired": 1.0, "codes_replayed": 1.0
    }  # fmt: skip


def test_codes_that_nobody_signed_pass_only_where_the_school_says_so(clock: VirtualClock) -> None:
    reader = QrReader(QrCamera(source="0", plain=True), Pictures(), KEY, clock)
    seen = reader.judge("0012345678", clock.now())
    assert seen is not None
    assert seen.hashed(KEY) == CREDENTIAL
    assert reader.judge("C1." + "0" * 32 + ".9999999999.m00000000." + "0" * 32, clock.now()) is None


@given(st.text() | st.from_regex(r"C1\.[0-9a-f]{32}\.[0-9]{1,12}\.[om][0-9a-f]{8}\.[0-9a-f]{32}", fullmatch=True))
@settings(max_examples=50)
def test_any_text_that_the_school_did_not_sign_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(PayloadError) as refused:
        student_code.read(KEY, text, VirtualClock(DAY).now())
    assert refused.value.reason in {"no_code", "forged"}


def test_a_gate_without_the_section_of_its_reader_is_named() -> None:
    with pytest.raises(ValueError, match=r"gate 'g': \[gates.wedge\] is missing"):
        Gate(id="g", source="wedge")
    with pytest.raises(ValueError, match="no regular expression"):
        Wedge(device=Path("x"), pattern="(")
