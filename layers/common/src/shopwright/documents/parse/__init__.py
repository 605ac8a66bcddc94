"""What a merchant's file says, in which section, at which characters: one module per format."""
