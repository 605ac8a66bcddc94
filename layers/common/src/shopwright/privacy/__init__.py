"""Personal data: finding it, and keeping it out of everything that is stored, sent or logged."""
