"""How a capability meets Lambda: HTTP, Step Functions, queues, settings and deadlines."""
