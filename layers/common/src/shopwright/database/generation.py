"""A merchant's generation: changes when what makes kept answers old does."""

from shopwright.database.queries import Queries

# For `aurora.py` files, which run it in the transaction of their change.
NEXT = Queries.beside(__file__)["next_generation"]
