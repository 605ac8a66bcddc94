"""May we say it: what an answer cites, whether it stands on that, and the words for when it does not."""
