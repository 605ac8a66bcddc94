"""A double of the sources beside our own: this changes when another one's wire is spoken."""
