"""Deciding what to do next: from a question to an answer, and what is kept of the conversation."""
