"""A double of AgentCore's data plane: this changes when another of its calls is spoken."""
