from datetime import date

import pytest

from ledger.core.journal import Entry, Journal
from ledger.reports.balance import balance_table
from ledger.web.server import answer


@pytest.fixture
def journal():
    journal = Journal()
    journal.add(Entry(date(2024, 2, 29), "rent", -90000))
    journal.add(Entry(date(2024, 3, 1), "rent", -90000))
    journal.add(Entry(date(2024, 3, 1), "cash", 5))
    return journal


def test_table(journal):
    assert balance_table(journal) == "cash         0.05\nrent     -1800.00"


def test_empty_table():
    assert balance_table(Journal()) == ""


def test_entries_of_an_account(journal):
    assert [entry.amount for entry in journal.entries("rent")] == [-90000, -90000]


def test_an_entry_needs_an_account(journal):
    with pytest.raises(ValueError):
        journal.add(Entry(date(2024, 3, 1), "", 1))


def test_web(journal):
    assert answer(journal, "/balance") == {"cash": "0.05", "rent": "-1800.00"}
    assert answer(journal, "/split/9.00/3") == ["3.00", "3.00", "3.00"]
    assert answer(journal, "/nothing") is None
