"""The command line."""

from ledger.core.journal import Journal
from ledger.core.money import format_amount, parse_amount
from ledger.core.split import split
from ledger.importers.bank_csv import read_entries
from ledger.reports.balance import balance_table

USAGE = "usage: ledger balance FILE... | split AMOUNT PARTS | serve PORT FILE..."


def main(arguments):
    if len(arguments) >= 2 and arguments[0] == "balance":
        print(balance_table(load(arguments[1:])))
        return 0
    if len(arguments) == 3 and arguments[0] == "split":
        shares = split(parse_amount(arguments[1]), [1] * int(arguments[2]))
        print(" ".join(format_amount(share) for share in shares))
        return 0
    if len(arguments) >= 2 and arguments[0] == "serve":
        from ledger.web.server import serve

        serve(int(arguments[1]), load(arguments[2:]))
        return 0
    print(USAGE)
    return 2


def load(paths):
    journal = Journal()
    for path in paths:
        for entry in read_entries(path):
            journal.add(entry)
    return journal
