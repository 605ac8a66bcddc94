"""Selling, or undoing every step: so far the cart that an order will be made of."""
