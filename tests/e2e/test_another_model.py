"""A shop's passages are embedded with another model while the first goes on answering, and then that one answers."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shopwright_models

from local import places, reembed
from local.cloud import Cloud
from tests.e2e.shop import Visitor
from tests.e2e.stores import Stores

pytestmark = pytest.mark.usefixtures("socket_enabled")
MERCHANT = "electronics"
FIRST = shopwright_models.NAME
NEXT = "bge-small-twin"
USERS = ("Chat", "Embed", "Reembed", "SwitchModel")
QUESTION = "Within how many days may a lumiphone be sent back?"


@pytest.fixture(scope="module")
def twin(laptop_cloud: Cloud) -> Path:
    """The first model's files under another name, with a hash of its own: what a next model is to the product."""
    home = places.instance_dir(laptop_cloud.instance) / "models"
    folder = home / NEXT
    folder.mkdir(parents=True)
    for name in ("model.onnx", "tokenizer.json"):
        (folder / name).symlink_to(shopwright_models.directory() / name)
    sha256 = hashlib.sha256(NEXT.encode()).hexdigest()
    (folder / "weights.toml").write_text(f'name = "{NEXT}"\ndimensions = 384\nsha256 = "{sha256}"\n', "utf-8")
    return home


@pytest.fixture(scope="module")
def shipped(stores: Stores, twin: Path) -> Iterator[None]:
    """The next model is known to the database and in reach of every function that embeds."""
    functions = stores.client("lambda")
    names = [stores.cloud.outputs[f"{user}FunctionName"] for user in USERS]
    before = {
        name: functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"] for name in names
    }
    for name, variables in before.items():
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**variables, "MORE_MODELS": str(twin)}}
        )
    sha256 = hashlib.sha256(NEXT.encode()).hexdigest()
    stores.service.call("migrate", {"direction": "up", "models": [{"name": NEXT, "sha256": sha256, "dimensions": 384}]})
    yield
    for name, variables in before.items():
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def page(number: int) -> bytes:
    parts = "\n\n".join(
        f"## Part {number}-{n}\n\nThe lumiphone part {number}-{n} has {n + 2} screws." for n in range(60)
    )
    return f"# Lumiphone guide {number}\n\nA lumiphone may be sent back within 58 days.\n\n{parts}\n".encode()


def standing(stores: Stores, model: str) -> dict[str, Any]:
    return dict(reembed.standing(stores.service, MERCHANT, model))


def test_a_shop_changes_its_model_without_a_pause_and_without_losing_a_passage(
    stores: Stores, visitor: Any, shipped: None
) -> None:
    merchant: Visitor = visitor(MERCHANT, "merchant")
    shopper: Visitor = visitor(MERCHANT, "shopper")
    for number in range(4):
        assert merchant.wait_for(merchant.drop(f"lumiphone-{number}.md", page(number)))["status"] == "searchable"
    before = standing(stores, FIRST)
    assert (before["serving"], before["embedded"]) == (FIRST, before["passages"])

    answers: list[tuple[int, str]] = []
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            said = shopper.ask(QUESTION)
            answers.append((said.status, said.body.get("answer", "")))

    asking = threading.Thread(target=keep_asking)
    asking.start()
    told: list[str] = []
    late: list[str] = []

    def say(line: str) -> None:
        told.append(line)
        if len(late) < 3:  # while the job runs, more comes in
            late.append(merchant.drop(f"late-lumiphone-{len(late)}.md", page(10 + len(late))))

    try:
        reembed.reembed(stores.service, MERCHANT, NEXT, say=say, pause=lambda seconds: time.sleep(0.2))
        for document in late:
            assert merchant.wait_for(document)["status"] == "searchable"
        for _ in range(3):
            answers.append((shopper.ask(QUESTION).status, shopper.ask(QUESTION).body["answer"]))
    finally:
        over.set()
        asking.join()

    after = standing(stores, NEXT)
    assert (after["serving"], after["previous"]) == (NEXT, FIRST)
    assert after["embedded"] == after["passages"] > before["passages"]
    assert len(answers) > 5
    assert {status for status, _ in answers} == {200}, [answer for answer in answers if answer[0] != 200]
    assert all("58 days" in text for _, text in answers)
    assert f"{MERCHANT}: {after['embedded']} of {after['passages']}, {NEXT} answers" in told[-1] or late
    print(json.dumps({"answers": len(answers), "passages": after["passages"], "late": len(late)}))  # noqa: T201 - the count

    reembed.back(stores.service, MERCHANT, NEXT, say=told.append)
    again = standing(stores, FIRST)
    assert (again["serving"], again["embedded"]) == (FIRST, again["passages"])
    assert "58 days" in shopper.ask(QUESTION).body["answer"]
    assert dict(reembed.standing(stores.service, MERCHANT, NEXT, "forget"))["embedded"] == 0
