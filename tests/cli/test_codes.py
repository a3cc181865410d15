"""`campus codes`: what is printed is read by the camera of a gate, and a bad line is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from campus import student_code
from campus.credentials import hash_credential
from campus.errors import ImportFileError
from cli.commands.codes import codes, read_cards

KEY = "0123456789abcdef"


def test_codes_are_written_for_each_card_and_hold_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = student_code.issue
    monkeypatch.setattr(student_code, "issue", lambda *a, **k: made.append(real(*a, **k)) or made[-1])
    monkeypatch.setenv("CAMPUS_SECRETS__CREDENTIAL_KEY", KEY)
    cards = tmp_path / "cards.csv"
    cards.write_text("3-2-07,0012345678\n3-2-08,0012345679\n")
    result = CliRunner().invoke(codes, [str(cards), str(tmp_path / "out"), "--days", "30"])
    assert result.exit_code == 0, result.output
    assert "2 codes" in result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["3-2-07.svg", "3-2-08.svg"]
    read = student_code.read(KEY.encode(), made[0], datetime.now(UTC))
    assert (read.credential, read.once) == (hash_credential(KEY.encode(), "0012345678"), False)
    assert "12345678" not in made[0]


@pytest.mark.parametrize("text", ["a,1\na,2\n", "a,1\n../b,2\n", "a,1\nb\n", "a,1\nb,\n"])
def test_a_bad_line_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "cards.csv").write_text(text)
    with pytest.raises(ImportFileError, match="line 2"):
        read_cards(tmp_path / "cards.csv")
