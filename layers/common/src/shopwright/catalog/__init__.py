"""What the merchant sells."""
