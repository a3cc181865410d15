"""Alarm rules: which there are, drafts checked and replayed, and put in force with a way back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from alerts.rules import desk, revisions
from alerts.rules.desk import RuleChange, RuleLine, RuleLoad
from alerts.rules.revisions import TextRevision
from alerts.rules.rulefile import RuleSet, load_rules, read_rules, rules_schema
from alerts.rules.yaml_document import RuleFileError
from alerts.tables import rule_revisions
from campus import db
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import InvalidBody, Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.replays import Replays, ReplayState
from dashboards.views.people import account_names, with_names

router = APIRouter(prefix="/rules", tags=["platform"])
Changer = Annotated[Account, Depends(allow("rules.change"))]
OwnOrigin = Depends(check_origin)
Text = Annotated[str, Meta(max_length=60_000)]
LONGEST_DAYS = 60


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in a rules text, and in which line of it (from 1)."""

    line: int
    problem: str


class RuleDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about the rules. ``file`` is empty for a platform without a file of its own; then nothing can be put
    in force here. ``mistake`` is one in the file as it stands; then ``rules`` are those of the library."""

    file: str
    text: str
    rules: tuple[RuleLine, ...]
    mistake: Mistake | None
    revisions: tuple[TextRevision, ...]
    loads: tuple[RuleLoad, ...]


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rules text, as the file would say it."""

    text: Text


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft to be run over the last ``days`` of history."""

    text: Text
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS)] = 7


class Putting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text to put in force, and why."""

    text: Text
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a draft is right, and what it would change in the rules in force."""

    mistake: Mistake | None
    count: int
    changes: tuple[RuleChange, ...]


class RevisionText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of one revision."""

    number: int
    text: str


def desk_of(deps: Deps, account: Account) -> RuleDesk:
    """The rules as they stand now."""
    text, name = desk.text_of(deps.rules), deps.rules.name if deps.rules else ""
    mistake: Mistake | None = None
    try:
        rules = desk.lines_of(text, name)
    except RuleFileError as error:
        rules, mistake = desk.lines_of("", name), Mistake(line=error.line, problem=error.problem)
    with db.read(deps.engine) as conn:
        names = account_names(conn, account.school)
        found = with_names(revisions.recent(conn, rule_revisions), names)
        return RuleDesk(
            file=str(deps.rules or ""), text=text, rules=tuple(rules), mistake=mistake, revisions=found,
            loads=tuple(desk.last_loads(conn)),
        )  # fmt: skip


def rules_in_force(deps: Deps) -> RuleSet:
    """The rules of the file as it stands; of a wrong one those of the library."""
    try:
        return read_rules(desk.text_of(deps.rules), "rules")
    except RuleFileError:
        return load_rules()


@router.get("", **described(RuleDesk))
def rules(request: Request, account: Changer) -> Json:
    """The rules with their sources, the text of the school's own file, its revisions, and what the engine says."""
    return Json(desk_of(deps_of(request), account))


@router.get("/schema", **described(dict[str, Any]))
def schema(_account: Changer) -> Json:
    """The JSON Schema (2020-12) of a rules file."""
    return Json(rules_schema())


@router.post("/check", dependencies=[OwnOrigin], **described(Checked, Draft))
def check(request: Request, _account: Changer, said: Annotated[Draft, Depends(body(Draft))]) -> Json:
    """Check a draft as `campus rules check` does: the first mistake with its line, or what it would change."""
    try:
        found = read_rules(said.text, "draft")
    except RuleFileError as error:
        return Json(Checked(mistake=Mistake(line=error.line, problem=error.problem), count=0, changes=()))
    changes = desk.changes(rules_in_force(deps_of(request)), found)
    return Json(Checked(mistake=None, count=len(found.rules), changes=tuple(changes)))


@router.get("/replay", **described(ReplayState))
def replay_state(request: Request, _account: Changer) -> Json:
    """How far the last replay has come, and its report."""
    return Json(_replays(request).state)


@router.post("/replay", dependencies=[OwnOrigin], **described(ReplayState, Trial))
def replay(request: Request, account: Changer, said: Annotated[Trial, Depends(body(Trial))]) -> Json:
    """Run a draft over the history that is kept, in the background; ask for its state."""
    return Json(_replays(request).start(_right(said.text), said.days, account.name))


@router.post("/replay/stop", dependencies=[OwnOrigin], **described(ReplayState))
def stop(request: Request, _account: Changer) -> Json:
    """Stop the replay that runs, if any."""
    _replays(request).stop()
    return Json(_replays(request).state)


@router.post("", dependencies=[OwnOrigin], **described(RuleDesk, Putting, refuses=("412",)))
def put(request: Request, account: Changer, said: Annotated[Putting, Depends(body(Putting))]) -> Json:
    """Write a text into the school's rules file; the engine takes it up within a second or so."""
    deps = deps_of(request)
    _right(said.text)
    with db.write(deps.engine) as conn:
        number = desk.put(conn, deps.rules, said.text, account.id, said.reason, deps.wall.now())
        audit.record(conn, deps.wall.now(), account, "rules.change", str(number))
    return Json(desk_of(deps, account))


@router.get("/revisions/{number}", **described(RevisionText))
def revision(request: Request, number: int, _account: Changer) -> Json:
    """The text of a revision, to be looked at or put in force again."""
    with db.read(deps_of(request).engine) as conn:
        return Json(RevisionText(number=number, text=revisions.text_of(conn, rule_revisions, number)))


def _right(text: str) -> RuleSet:
    try:
        return read_rules(text, "draft")
    except RuleFileError as error:
        raise InvalidBody(f"line {error.line}: {error.problem}") from None


def _replays(request: Request) -> Replays:
    found = request.app.state.replays
    assert isinstance(found, Replays)
    return found
