"""SDK clients that sign with one tenant's credentials, one file for each service."""
