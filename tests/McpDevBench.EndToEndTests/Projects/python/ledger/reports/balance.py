"""The balance of every account."""

from ledger.core.money import format_amount


def balance_table(journal):
    balances = journal.balances()
    width = max((len(account) for account in balances), default=0)
    return "\n".join(f"{account:<{width}} {format_amount(amount):>12}" for account, amount in balances.items())
