"""A bank's export: day;account;amount;text."""

import csv
import io
from datetime import date
from pathlib import Path

from ledger.core.journal import Entry
from ledger.core.money import parse_amount
from ledger.importers.text import decode


def read_entries(path):
    rows = csv.DictReader(io.StringIO(decode(Path(path).read_bytes()), newline=""), delimiter=";")
    for row in rows:
        yield Entry(date.fromisoformat(row["day"]), row["account"], parse_amount(row["amount"]), row["text"])
