"""A shopper's open line to us: the ticket that opens it, what may come in, and how something gets out."""
