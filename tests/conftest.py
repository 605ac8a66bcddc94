"""What every rung shares: each function's folder is on the path, one folder at a time on Lambda, all of them here."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
for folder in sorted((ROOT / "functions").iterdir()):
    if folder.is_dir():
        sys.path.append(str(folder))

pytest_plugins = ["tests.cloud_fixtures", "tests.workers"]
