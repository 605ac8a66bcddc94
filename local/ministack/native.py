"""This file changes when MiniStack changes where it lists its CloudFormation types. `python -m local.ministack.native`

Prints them as JSON, for programs that run in an environment without MiniStack.
"""

import json
import sys

from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

if __name__ == "__main__":
    json.dump(sorted(_RESOURCE_HANDLERS), sys.stdout)
