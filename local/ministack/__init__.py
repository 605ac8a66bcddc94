"""The laptop's AWS: MiniStack, with the corrections that make it behave as AWS does where Shopwright depends on it."""
