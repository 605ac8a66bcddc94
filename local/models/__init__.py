"""A double of the servers that models stand behind: this changes when another one's wire is spoken."""
