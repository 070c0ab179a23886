"""Entries in the order in which they were made."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Entry:
    day: date
    account: str
    amount: int
    text: str = ""


class Journal:
    def __init__(self):
        self._entries = []

    def add(self, entry):
        if not entry.account:
            raise ValueError("an entry needs an account")
        self._entries.append(entry)

    def entries(self, account=None):
        return [entry for entry in self._entries if account in (None, entry.account)]

    def balances(self):
        sums = {}
        for entry in self._entries:
            sums[entry.account] = sums.get(entry.account, 0) + entry.amount
        return dict(sorted(sums.items()))
