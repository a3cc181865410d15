"""Proper edge colouring of a bipartite multigraph: the mathematics of a timetable without clashes."""

from __future__ import annotations

from collections.abc import Sequence

_Slots = list[dict[int, int]]  # for each vertex: colour -> edge


def colour_edges(edges: Sequence[tuple[int, int]], colours: int) -> list[int]:
    """A colour 0..colours-1 for each edge (left, right) so that no vertex meets a colour twice.

    Always possible when no vertex has more than ``colours`` edges (Kőnig 1916): each edge takes a colour free at its
    left end; where that is taken at the right end, the alternating path that starts there swaps its two colours.
    Raises ValueError when a vertex has too many edges.
    """
    left: _Slots = [{} for _ in range(1 + max((a for a, _ in edges), default=-1))]
    right: _Slots = [{} for _ in range(1 + max((b for _, b in edges), default=-1))]
    colour_of = [-1] * len(edges)
    for edge, (a, b) in enumerate(edges):
        wanted, other = _free(left[a], colours), _free(right[b], colours)
        if wanted in right[b]:
            _swap_path(edges, (left, right), colour_of, b, wanted, other)
        left[a][wanted] = right[b][wanted] = edge
        colour_of[edge] = wanted
    return colour_of


def _free(slots: dict[int, int], colours: int) -> int:
    for colour in range(colours):
        if colour not in slots:
            return colour
    raise ValueError(f"a vertex has more than {colours} edges: no colouring exists")


def _swap_path(
    edges: Sequence[tuple[int, int]], sides: tuple[_Slots, _Slots], colour_of: list[int], start: int, one: int, two: int
) -> None:
    """Swap colours ``one`` and ``two`` along the path of them that leaves right vertex ``start`` by ``one``."""
    path, side, vertex, colour = [], 1, start, one
    while (edge := sides[side][vertex].get(colour)) is not None:
        path.append(edge)
        side, vertex = 1 - side, edges[edge][1 - side]
        colour = two if colour == one else one
    for edge in path:
        for slots, vertex in zip(sides, edges[edge], strict=True):
            del slots[vertex][colour_of[edge]]
        colour_of[edge] = two if colour_of[edge] == one else one
    for edge in path:
        for slots, vertex in zip(sides, edges[edge], strict=True):
            slots[vertex][colour_of[edge]] = edge
