"""`python -m local.ministack`: the laptop's AWS, in the foreground, until SIGTERM.

This file changes when a correction is added or dropped. MiniStack reads its environment while it is imported, so its
environment is settled first and everything that imports it comes after.
"""

import os
import sys

from local.ministack.launch import BadLaunch, Launch


def main() -> None:
    try:
        launch = Launch.read(os.environ)
    except BadLaunch as problem:
        sys.exit(f"local.ministack: {problem}")
    environment = launch.environment(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    launch.temporary.mkdir(parents=True, exist_ok=True)
    correct(launch)

    from local.ministack import server

    server.run(launch.port)


def correct(launch: Launch) -> None:
    from local.ministack import names

    try:
        names.verify()
    except names.UnknownMiniStack as problem:
        sys.exit(f"local.ministack: {problem}")

    from ministack.core.responses import get_account_id, get_region
    from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

    from local.ministack import (
        custom_resources,
        edits,
        records,
        rest,
        runtime_client,
        secret_arns,
        states,
        stores,
        tokens,
        websockets,
    )

    runtime_client.install(launch)
    records.install(_RESOURCE_HANDLERS, region=get_region, account=get_account_id)
    stores.install(_RESOURCE_HANDLERS, database=launch.database, cache=launch.cache)
    edits.install(_RESOURCE_HANDLERS, endpoint=launch.endpoint, gateways=launch.gateways)
    custom_resources.install()
    states.install()
    websockets.install()
    secret_arns.install(_RESOURCE_HANDLERS)
    rest.install(_RESOURCE_HANDLERS)
    tokens.install()


if __name__ == "__main__":
    main()
