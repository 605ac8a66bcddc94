"""make reembed MERCHANT=kitchen MODEL=name: embed a shop's passages with another model, and let that one answer.

MERCHANT=ALL does one shop after another. Until a shop is switched, the model before answers; a job that broke off is
started by the same command, and goes on. BACK=1 goes back to the model before, FORGET=1 removes the vectors of MODEL
where it does not answer. STAGE=prod does it on AWS and not on the laptop.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence

from local import operate, terminal
from local.operate import Service

ALL = "ALL"
POLL_S = 2.0


class Failed(terminal.Stop):
    """A job ended without a switch; the model before goes on answering."""


def merchants(service: Service) -> tuple[str, ...]:
    """Every merchant who has dropped something."""
    s3 = service.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=service.output("DocumentsBucket"), Prefix="documents/", Delimiter="/"
    )
    return tuple(sorted(one["Prefix"].split("/")[1] for page in pages for one in page.get("CommonPrefixes", [])))


def standing(service: Service, merchant: str, model: str, action: str = "standing") -> dict[str, object]:
    told: dict[str, object] = service.call("switch-model", {"merchant_id": merchant, "model": model, "action": action})
    return told


def reembed(
    service: Service,
    merchant: str,
    model: str,
    *,
    say: Callable[[str], None] = print,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Start the machine for one merchant and follow it to its end."""
    before = standing(service, merchant, model)
    if before["serving"] == model:
        say(f"  {merchant}: {model} answers already")
        return
    machine = service.client("stepfunctions")
    execution = machine.start_execution(
        stateMachineArn=service.output("ReembeddingArn"),
        input=json.dumps({"merchant_id": merchant, "model": model}),
    )["executionArn"]
    told = ""
    while (ended := machine.describe_execution(executionArn=execution))["status"] == "RUNNING":
        now = standing(service, merchant, model)
        if told != (line := f"  {merchant}: {now['embedded']} of {now['passages']}, {now['serving']} answers"):
            say(told := line)
        pause(POLL_S)
    if ended["status"] != "SUCCEEDED":
        raise Failed(f"{merchant}: {ended['status']} {ended.get('error', '')}; {before['serving']} goes on answering.")
    now = standing(service, merchant, model)
    say(f"  {merchant}: {now['embedded']} of {now['passages']}, {now['serving']} answers")


def back(service: Service, merchant: str, model: str, say: Callable[[str], None] = print) -> None:
    """To the model that answered before this one: the same job, most of whose work is there."""
    now = standing(service, merchant, model)
    if now["serving"] != model or not now["previous"]:
        say(f"  {merchant}: there is no way back from {model}; {now['serving']} answers")
        return
    reembed(service, merchant, str(now["previous"]), say=say)


def main(arguments: Sequence[str] | None = None, *, find: Callable[[str | None], Service] = operate.find) -> int:
    parser = argparse.ArgumentParser(prog="make reembed", description=__doc__)
    parser.add_argument("merchant", nargs="?", default=os.environ.get("MERCHANT") or None)
    parser.add_argument("model", nargs="?", default=os.environ.get("MODEL") or None)
    parser.add_argument("--back", action="store_true", default=os.environ.get("BACK") == "1")
    parser.add_argument("--forget", action="store_true", default=os.environ.get("FORGET") == "1")
    parser.add_argument("--stage", default=os.environ.get("STAGE") or None)
    told = parser.parse_args(arguments)
    if not told.merchant or not told.model:
        parser.error("say whose passages and which model: make reembed MERCHANT=kitchen|ALL MODEL=name")
    service = find(told.stage)
    for merchant in merchants(service) if told.merchant == ALL else (operate.shop(service, told.merchant).merchant_id,):
        if told.forget:
            now = standing(service, merchant, told.model, "forget")
            print(f"  {merchant}: {now['embedded']} vectors of {told.model} are left, {now['serving']} answers")
        elif told.back:
            back(service, merchant, told.model)
        else:
            reembed(service, merchant, told.model)
    return 0


if __name__ == "__main__":
    sys.exit(terminal.run(main))
