"""A roster over the console: looked at, taken as exactly that file, refused with the line when it is wrong."""

import io
import zipfile
from pathlib import Path

import sqlalchemy as sa

from attendance.roster.progress import Phase
from attendance.roster.run import RosterRun, Wishes
from campus.clock import SystemClock
from dashboards.import_steps import ImportStep, ImportSteps
from tests.dashboards.conftest import SignIn

API = "/api/v1/roster"


def zipped(folder: Path, change: tuple[str, str] = ("", "")) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.iterdir()):
            text = path.read_text(encoding="utf-8-sig")
            archive.writestr(path.name, text.replace(*change) if change[0] else text)
    return file.getvalue()


def test_an_export_is_looked_at_then_taken_and_only_that_file(sign_in: SignIn, seeded_school: Path) -> None:
    admin = sign_in("admin")
    folder = seeded_school / "files" / "oneroster"
    same = admin.post(f"{API}/dry-run", content=zipped(folder)).json()
    assert same["report"]["students"] == 1200
    assert not any(any(counts) for counts in same["report"]["counts"].values())
    users = (folder / "users.csv").read_text(encoding="utf-8-sig").splitlines()
    name = next(line for line in users if ",student," in line).split(",")[users[0].split(",").index("givenName")]
    changed = zipped(folder, (name, f"{name}新"))
    would = admin.post(f"{API}/dry-run", content=changed).json()
    assert would["report"]["counts"]["student"][1] > 0
    wrong = admin.post(f"{API}/import?digest={same['digest']}", content=changed)
    assert wrong.status_code == 409
    assert admin.post(f"{API}/import?digest={would['digest']}", content=changed).status_code == 200
    assert admin.get(f"{API}/imports").json()["imports"][0]["how"] == "console"
    after = admin.post(f"{API}/dry-run", content=changed).json()["report"]["counts"]
    assert not any(any(counts) for counts in after.values())


def test_what_is_no_export_is_refused_with_the_reason(sign_in: SignIn) -> None:
    answer = sign_in("admin").post(f"{API}/dry-run", content=b"no zip")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_how_far_it_is_is_told_while_it_is_read_checked_and_compared(seeded_school: Path, seeded: sa.Engine) -> None:
    steps, told = ImportSteps(), list[ImportStep]()
    note = steps.watch("admin")

    def watch(phase: Phase, done: int, of: int) -> None:
        note(phase, done, of)
        told.append(steps.of("admin"))

    run = RosterRun(seeded, "school-1", SystemClock(), Wishes())
    run.dry(seeded_school / "files" / "oneroster", watch)
    assert list(dict.fromkeys(one.phase for one in told)) == ["reading", "checking", "comparing"]
    for phase in ("reading", "checking", "comparing"):
        own = [one for one in told if one.phase == phase]
        assert [one.done for one in own] == sorted(one.done for one in own)
        assert own[-1].of >= own[-1].done > 0.9 * own[-1].of  # a sheet that is not asked for is not read
    steps.end("admin")
    assert steps.of("admin").phase is None
