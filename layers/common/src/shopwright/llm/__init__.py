"""What answers in words: for now the merchant's own sentences, chosen without a model."""
