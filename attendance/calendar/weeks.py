"""Terms and the weeks they count: which term a day lies in, and whether its week is an A or a B week. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

Letter = Literal["A", "B"]
SCHOOL = "school"  # who said it: the school itself goes before its roster
COUNTING = ("term", "semester")


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A term from ``starts`` to its last day ``ends``; ``first_week`` is the letter of the week it begins in."""

    id: str
    title: str
    kind: str
    starts: date
    ends: date
    first_week: Letter = "A"
    said_by: str = SCHOOL


class Week(msgspec.Struct, frozen=True):
    """A week of a term, counted from 1, and its letter."""

    term: Term
    number: int
    letter: Letter


def in_force(terms: Sequence[Term]) -> list[Term]:
    """The terms that count: the school's own, or those of its roster where it has none of its own."""
    own = [term for term in terms if term.said_by == SCHOOL]
    return own or [term for term in terms if term.kind in COUNTING]


def week_of(day: date, terms: Sequence[Term]) -> Week | None:
    """The week of the term that ``day`` lies in, the shortest of several; None between terms."""
    around = [term for term in in_force(terms) if term.starts <= day <= term.ends]
    if not around:
        return None
    term = min(around, key=lambda one: one.ends - one.starts)
    number = 1 + (_monday(day) - _monday(term.starts)).days // 7
    other: Letter = "B" if term.first_week == "A" else "A"
    return Week(term, number, term.first_week if number % 2 else other)


def is_vacation(day: date, terms: Sequence[Term]) -> bool:
    """Whether ``day`` lies between two terms that the school itself entered.

    Before the first and after the last of them nobody has said anything, and a school that forgot to enter its next
    term shall not be without rolls.
    """
    own = [term for term in terms if term.said_by == SCHOOL]
    if not own or week_of(day, own) is not None:
        return False
    return min(term.starts for term in own) < day < max(term.ends for term in own)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
