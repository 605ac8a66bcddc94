"""Shopwright: how the shop assistant does what `functions/` says it can do."""
