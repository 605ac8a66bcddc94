"""`make agent`: the laptop answers through AgentCore's wire until Ctrl-C; changes when it is asked for otherwise."""

import os
import sys
import threading

from local import places, terminal
from local.agentcore.laptop import answering
from local.cloud import Cloud


def main() -> int:
    cloud = Cloud(os.environ.get("INSTANCE", "demo"))
    at = cloud.running()
    if at is None:
        raise terminal.Stop("The laptop cloud is not running: run `make up` first.")
    log = places.instance_dir(cloud.instance) / "logs" / "agent.log"
    with answering(at, log):
        print(f"  answers are made by the agent's program; its log: {log} (Ctrl-C ends it)", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("  answers are made in the functions again")
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))
