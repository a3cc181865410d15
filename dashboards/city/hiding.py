"""Small groups are not shown: which schools' shares, and which totals, so that none can be worked out either. Pure.

The rule is the one of official statistics (primary and complementary cell suppression; Hundepool and others,
"Statistical Disclosure Control", 2012, chapter 4): a share about fewer than ``least`` students is hidden, and with it
as many others of its district as it takes that the rest of the district, total less what is shown, is a group of at
least two schools and ``least`` students.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

_FEWEST_CELLS = 2


class Hidden(msgspec.Struct, frozen=True):
    """What is not shown: schools, and districts whose total is not shown; these are left out of the city's total."""

    schools: frozenset[str]
    districts: frozenset[str]


def hide(city: Mapping[str, Mapping[str, int]], least: int) -> Hidden:
    """What to hide of ``city``: for each district, of how many students each of its schools' shares tells.

    A school of which nothing is told (0) has no share to hide and hides nobody else.
    """
    schools: set[str] = set()
    districts: set[str] = set()
    for district, sizes in city.items():
        hidden, total_too = _hide_in_one(sizes, least)
        schools |= hidden
        if total_too:
            districts.add(district)
    return Hidden(frozenset(schools), frozenset(districts))


def _hide_in_one(sizes: Mapping[str, int], least: int) -> tuple[set[str], bool]:
    told = sorted((size, school) for school, size in sizes.items() if size > 0)
    hidden = {school for size, school in told if size < least}
    if not hidden:
        return hidden, False
    rest = sum(size for size, school in told if school in hidden)
    for size, school in told:  # the smallest first: the least is lost
        if len(hidden) >= _FEWEST_CELLS and rest >= least:
            break
        if school not in hidden:
            hidden.add(school)
            rest += size
    return hidden, len(hidden) < _FEWEST_CELLS or rest < least
