import pytest

from ledger.core.split import split


@pytest.mark.parametrize("total, weights, shares", [
    (900, [1, 1, 1], [300, 300, 300]),
    (100, [3, 1], [75, 25]),
    (10000, [1, 1, 1], [3334, 3333, 3333]),
    (-10000, [1, 1, 1], [-3334, -3333, -3333]),
])
def test_split(total, weights, shares):
    assert split(total, weights) == shares


@pytest.mark.parametrize("total", range(0, 12))
def test_nothing_is_lost(total):
    assert sum(split(total, [2, 3, 5])) == total


def test_weights_have_to_be_positive():
    with pytest.raises(ValueError):
        split(100, [0, 0])
