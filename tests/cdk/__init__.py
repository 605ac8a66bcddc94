"""Importing `cdk` first puts node on PATH, before any test imports CDK itself."""

import cdk  # noqa: F401  # for what importing it does
