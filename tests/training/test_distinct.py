"""Distinct values: what there is, how often, and where."""

import pytest
import torch

from gnas_ray.training.distinct import Distinct


@pytest.mark.usefixtures("distinct")
@pytest.mark.parametrize("index", [[4], [2, 2, 2], [5, 0, 5, 3, 0, 5], [6, 5, 4, 3, 2, 1, 0], [1, 1, 0, 6, 6, 0, 1, 2]])
def test_values_counts_and_places(index: list[int]) -> None:
    found = Distinct.of(torch.tensor(index), 7)
    assert found.index[found.place].tolist() == index
    counted = {value: count for value, count in zip(found.index.tolist(), found.count.tolist(), strict=True) if count}
    assert counted == {value: index.count(value) for value in sorted(set(index))}
    assert list(counted) == sorted(counted)
    assert found.occurs.tolist() == [float(count > 0) for count in found.count.tolist()]


def test_rows_that_are_too_many_repeat_a_value_of_the_index() -> None:
    """So what is looked up for them is finite, whatever values that do not occur have."""
    found = Distinct.filled_up(torch.tensor([5, 3, 5, 5]), 7)
    assert found.index.tolist() == [3, 5, 3, 3] and found.count.tolist() == [1, 3, 0, 0]


def test_there_are_no_more_rows_than_values() -> None:
    assert len(Distinct.filled_up(torch.tensor([0, 1, 0, 1, 0]), 2).index) == 2


@pytest.mark.usefixtures("distinct")
def test_nothing_has_no_distinct_values() -> None:
    found = Distinct.of(torch.tensor([], dtype=torch.int64), 7)
    assert len(found.index) == len(found.count) == len(found.place) == 0
