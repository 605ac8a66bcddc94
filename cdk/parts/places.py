"""Where the CDK app finds what it packs: the repository's folders, read relative to this file."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
STATEMACHINES = ROOT / "statemachines"
MODELS = ROOT / "layers" / "models" / "src" / "shopwright_models"
LANGUAGE_MODELS = ROOT / "layers" / "common" / "src" / "shopwright" / "llm" / "models.toml"
MIGRATIONS = ROOT / "layers" / "common" / "src" / "shopwright" / "database" / "migrations"


def layers() -> Path:
    """The folder of built layers: `.build/layers`, or what SHOPWRIGHT_LAYERS names."""
    return Path(os.environ.get("SHOPWRIGHT_LAYERS") or ROOT / ".build" / "layers").absolute()


def agent() -> Path:
    """What the image of AgentCore's program is built from: `.build/layers-agent`, or what SHOPWRIGHT_AGENT names."""
    return Path(os.environ.get("SHOPWRIGHT_AGENT") or ROOT / ".build" / "layers-agent").absolute()
