from pathlib import Path

import pytest

from ledger.cli import load
from ledger.importers.text import decode

DATA = Path(__file__).parent.parent / "data"


@pytest.mark.parametrize("data", [b"caf\xe9", b"caf\xc3\xa9", b"\xef\xbb\xbfcaf\xc3\xa9"])
def test_decode(data):
    assert decode(data) == "caf\u00e9"


def test_latin1_with_carriage_returns():
    assert load([DATA / "bank.csv"]).balances() == {"Caf\u00e9": -1250, "M\u00fcller": -4999, "salary": 210000}


def test_byte_order_mark():
    assert load([DATA / "opening.csv"]).balances() == {"cash": 5000, "savings": 1000000}
