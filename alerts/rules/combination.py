"""Combinations of rules over the devices of a place: all, any, not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from alerts.rules.rule import RuleBase, RuleId, Seconds


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"not_": "not"}):
    """One of: a rule whose condition holds for enough devices of the place, all or any of some terms, not a term."""

    rule: Annotated[RuleId | None, Meta(description="The id of a rule whose condition must hold.")] = None
    at_least: Annotated[int, Meta(ge=1, description="For so many devices of the place; only with `rule`.")] = 1
    all: Annotated[tuple[Term, ...], Meta(description="Every one of these terms holds.")] = ()
    any: Annotated[tuple[Term, ...], Meta(description="One of these terms holds.")] = ()
    not_: Annotated[Term | None, Meta(description="This term does not hold.")] = None

    def __post_init__(self) -> None:
        if sum((self.rule is not None, bool(self.all), bool(self.any), self.not_ is not None)) != 1:
            raise ValueError("a term has exactly one of `rule`, `all`, `any` and `not`")
        if self.at_least != 1 and self.rule is None:
            raise ValueError("`at_least` goes with `rule`")

    def rules(self) -> Iterator[str]:
        """The ids of the rules it speaks of."""
        if self.rule is not None:
            yield self.rule
        for term in (*self.all, *self.any, *((self.not_,) if self.not_ else ())):
            yield from term.rules()

    def holds(self, holding: Callable[[str], int]) -> bool:
        """Whether it holds, where ``holding`` says for how many devices of the place a rule's condition holds."""
        if self.rule is not None:
            return holding(self.rule) >= self.at_least
        if self.not_ is not None:
            return not self.not_.holds(holding)
        return any(term.holds(holding) for term in self.any) or (
            bool(self.all) and all(term.holds(holding) for term in self.all)
        )


class CombinationRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="combination"):
    """Conditions of other rules hold together, over the devices of one place or of the whole school.

    Looked at whenever one of the conditions begins or ends. A rule that is only there to be joined has
    ``alarm: false``. What holds when nothing else does (a lone ``not``) is refused.
    """

    holds: Annotated[Term, Meta(description="What must hold: an object with `rule`, `all`, `any` or `not`.")]
    over: Annotated[
        Literal["place", "school"], Meta(description="Join conditions of the same place, or of the school.")
    ] = "place"
    for_s: Annotated[Seconds, Meta(description="Seconds it must hold together.")] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.holds.holds(lambda _rule: 0):
            raise ValueError("the combination holds when nothing at all happens: join a `rule` with `all`")
