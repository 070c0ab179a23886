"""Text and amounts. An amount is an integer: the minor unit of a currency."""

import re

_AMOUNT = re.compile(r"(?P<sign>-?)(?P<units>\d+)(?:[.,](?P<cents>\d{1,2}))?")


class AmountError(ValueError):
    """The text is not an amount."""


def parse_amount(text):
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise AmountError(f"not an amount: {text!r}")
    cents = (match["cents"] or "0").ljust(2, "0")
    amount = int(match["units"]) * 100 + int(cents)
    return -amount if match["sign"] else amount


def format_amount(amount):
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"
