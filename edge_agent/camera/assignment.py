"""The cheapest one-to-one matching of rows to columns (the assignment problem)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
FORBIDDEN = 1e6  # a cost that no real pair has; pairs of this cost are never returned


def assign(cost: Matrix) -> list[tuple[int, int]]:
    """Pairs (row, column) whose summed cost is least; pairs of cost `FORBIDDEN` or more are left out.

    The Hungarian method by shortest augmenting paths with potentials (Kuhn 1955; in this form Jonker and Volgenant
    1987), O(rows^2 * columns). ``cost`` is rows x columns and finite.
    """
    if not cost.size:
        return []
    if cost.shape[0] > cost.shape[1]:
        return sorted((row, column) for column, row in assign(cost.T))
    owner = _match_rows(cost)
    return sorted((row, column) for column, row in enumerate(owner) if row >= 0 and cost[row, column] < FORBIDDEN)


def _match_rows(cost: Matrix) -> list[int]:
    """For each column the row matched to it, or -1; there are at least as many columns as rows."""
    rows, columns = cost.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns + 1)
    # The last column is the root of each search: it holds the row that is looking for a place.
    owner = np.full(columns + 1, -1)
    for row in range(rows):
        owner[columns] = row
        came_from, end = _search(cost, owner, row_price, column_price)
        while end != columns:  # walk back, moving each row to the column it reached
            owner[end] = owner[came_from[end]]
            end = came_from[end]
    return [int(row) for row in owner[:columns]]


def _search(
    cost: Matrix, owner: NDArray[np.int_], row_price: Matrix, column_price: Matrix
) -> tuple[NDArray[np.int_], int]:
    """The way back from the cheapest free column, and that column; raises the prices as it goes."""
    columns = cost.shape[1]
    shortest = np.full(columns + 1, np.inf)
    came_from = np.full(columns + 1, columns)
    visited = np.zeros(columns + 1, dtype=bool)
    column = columns
    while owner[column] != -1:
        visited[column] = True
        row = owner[column]
        open_ = np.flatnonzero(~visited[:columns])
        reduced = cost[row, open_] - row_price[row] - column_price[open_]
        better = reduced < shortest[open_]
        shortest[open_[better]] = reduced[better]
        came_from[open_[better]] = column
        nearest = open_[np.argmin(shortest[open_])]
        step = shortest[nearest]
        row_price[owner[visited]] += step
        column_price[visited] -= step
        shortest[open_] -= step
        column = int(nearest)
    return came_from, column
