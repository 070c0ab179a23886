"""Amounts, entries and how they are kept."""
