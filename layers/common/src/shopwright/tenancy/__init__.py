"""Whose: the merchant, how a verified caller becomes one, and what proves it to the database."""
