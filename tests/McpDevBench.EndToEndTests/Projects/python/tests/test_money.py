import pytest

from ledger.core.money import AmountError, format_amount, parse_amount


@pytest.mark.parametrize("text, amount", [("0", 0), ("1", 100), ("1.5", 150), ("12,34", 1234), ("-0.01", -1), (" 7.00 ", 700)])
def test_parse(text, amount):
    assert parse_amount(text) == amount


@pytest.mark.parametrize("text", ["", "1.234", "one", "--1", "1..2"])
def test_parse_refuses(text):
    with pytest.raises(AmountError):
        parse_amount(text)


@pytest.mark.parametrize("amount, text", [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123456, "1234.56")])
def test_format(amount, text):
    assert format_amount(amount) == text
