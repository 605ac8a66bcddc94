"""What selling costs beside what the gateway takes: one order, and many at once beside a machine that does nothing.

The gateways are the laptop's doubles, which answer at once: what is measured is ours, and a few milliseconds of theirs.
"""

import io
import json
import secrets
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.outcome import CannotMeasure, Options, Outcome, quantile
from bench.shop import Place, cloud
from local import operate, places
from local.api import Quote, Refused, Shop
from local.drop import drop, files
from local.instruments import instruments
from local.merchants import NoToken, shop

MERCHANT = "kitchen"
AT_ONCE = 32
WARM_UP = 8  # rounds: the laptop starts one environment after the other until there are as many as are asked at once
FILLING = 4  # carts are filled and looked at by so few at once: that is not what is measured
FULL = (429, 502, 503)
PATIENCE_S = 120.0
LOOK_S = 0.02
# The bare machine's steps, and the outcome by which the real one goes on.
STEPS = {
    "ReserveStock": "reserved",
    "Authorize": "authorized",
    "ConfirmOrder": "placed",
    "Capture": "paid",
    "Compensate": "cancelled",
}
EMPTY = "import os\n\n\ndef handler(event, context):\n    return {'outcome': os.environ['OUTCOME']}\n"
ENDED = frozenset({"paid", "cancelled", "refunded"})


def measure(options: Options) -> Outcome:
    """One shopper again and again; then 32 at once, by turns with as many executions of the bare machine."""
    turns = options.count(quick=6, full=100)
    rounds = options.count(quick=2, full=10)
    with cloud() as place, bare_machine(operate.at_home(place.running)) as bare:
        sku = _shelve(place)
        shoppers = [Shopper(_guest(place), sku) for _ in range(AT_ONCE)]
        machine = Executions(operate.at_home(place.running), place.running.outputs["CheckoutSagaArn"])
        shoppers[0].buy()  # starts what is cold
        alone = [shoppers[0].buy() * 1000 for _ in range(turns)]
        for _ in range(WARM_UP):
            _sell(shoppers, machine)
            _run(bare)
        pairs = [(_sell(shoppers, machine), _run(bare)) for _ in range(rounds)]
    metrics = {
        "order p50 ms": quantile(alone, 0.50),
        "order p95 ms": quantile(alone, 0.95),
        f"orders/s x{AT_ONCE}": AT_ONCE / quantile([ours for ours, _ in pairs], 0.50),
        f"bare executions/s x{AT_ONCE}": AT_ONCE / quantile([theirs for _, theirs in pairs], 0.50),
        "ratio": quantile([ours / theirs for ours, theirs in pairs], 0.50),
    }
    notes = (
        "An order by itself: from the shopper's consent until the API says that it is paid. At once: from the first "
        f"consent until the last of {AT_ONCE} executions has ended. The bare machine is the same file over functions "
        f"that do nothing, started past the API. {WARM_UP} rounds of each go before, and do not count.",
    )
    return Outcome("checkout", metrics, {"ratio": ("<=", 3)}, notes)


@dataclass(frozen=True, slots=True)
class Shopper:
    """A guest who buys the same article again and again."""

    api: Shop
    sku: str

    def quote(self) -> Quote:
        self.api.put(self.sku, 1)
        return self.api.quote(next(one.instrument for one in instruments(shop(MERCHANT).gateway) if one.does == "pays"))

    def agree(self, quoted: Quote) -> str:
        """The shopper's consent, again with the same key while the door is full; gives the order's id."""
        key, until = secrets.token_hex(8), time.perf_counter() + PATIENCE_S
        while True:
            try:
                return self.api.agree(quoted, key=key, return_url="http://127.0.0.1/paid").order_id
            except Refused as refusal:
                if refusal.status not in FULL or time.perf_counter() > until:
                    raise
                time.sleep(LOOK_S)

    def wait(self, order_id: str) -> None:
        until = time.perf_counter() + PATIENCE_S
        while (status := self.api.order(order_id).status) not in ENDED and time.perf_counter() < until:
            time.sleep(LOOK_S)
        if status != "paid":
            raise CannotMeasure(f"An order is {status} where it should be paid.")

    def buy(self) -> float:
        """Seconds from the consent until the order is paid."""
        quoted = self.quote()
        began = time.perf_counter()
        order_id = self.agree(quoted)
        self.wait(order_id)
        took = time.perf_counter() - began
        self.leave(order_id)
        return took

    def leave(self, order_id: str) -> None:
        """Paid, and with an empty cart: it is emptied a moment after its order says that it is paid."""
        self.wait(order_id)
        until = time.perf_counter() + PATIENCE_S
        while self.api.cart().lines:
            if time.perf_counter() > until:
                raise CannotMeasure("A cart that was bought is not empty.")
            time.sleep(LOOK_S)


@dataclass(frozen=True, slots=True)
class Executions:
    """A machine and what runs on it."""

    service: operate.Service
    arn: str

    def start(self) -> None:
        handed = {"merchant_id": MERCHANT, "order_id": "o-none", "begin": "reserve"}
        self.service.client("stepfunctions").start_execution(stateMachineArn=self.arn, input=json.dumps(handed))

    def wait(self) -> None:
        """Until nothing runs any more."""
        client, until = self.service.client("stepfunctions"), time.perf_counter() + PATIENCE_S
        while client.list_executions(stateMachineArn=self.arn, statusFilter="RUNNING", maxResults=1)["executions"]:
            if time.perf_counter() > until:
                raise CannotMeasure(f"Executions of {self.arn} do not end.")
            time.sleep(LOOK_S)

    def failed(self) -> int:
        client = self.service.client("stepfunctions")
        return len(client.list_executions(stateMachineArn=self.arn, statusFilter="FAILED")["executions"])


@contextmanager
def bare_machine(service: operate.Service) -> Iterator[Executions]:
    """The checkout's own file, over functions that do nothing."""
    functions, machines = service.client("lambda"), service.client("stepfunctions")
    role, definition, made = "arn:aws:iam::000000000000:role/bench", _definition(), []
    try:
        for step, outcome in STEPS.items():
            name = f"bench-{step.lower()}"
            created = functions.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=role,
                Handler="empty.handler",
                Code={"ZipFile": _zipped("empty.py", EMPTY)},
                Timeout=30,
                MemorySize=512,
                Environment={"Variables": {"OUTCOME": outcome}},
            )
            made.append(name)
            definition = definition.replace("${" + step + "Arn}", created["FunctionArn"])
        machine = machines.create_state_machine(name="bench-bare", definition=definition, roleArn=role)
        try:
            yield Executions(service, machine["stateMachineArn"])
        finally:
            machines.delete_state_machine(stateMachineArn=machine["stateMachineArn"])
    finally:
        for name in made:
            functions.delete_function(FunctionName=name)


def _definition() -> str:
    written = (places.ROOT / "statemachines" / "checkout-saga.asl.json").read_text("utf-8")
    return written.replace("${ParkedQueueUrl}", "http://127.0.0.1/none")  # nothing fails there, and nothing is parked


def _sell(shoppers: Sequence[Shopper], machine: Executions) -> float:
    """Seconds from the first consent until the last order is paid."""
    with ThreadPoolExecutor(FILLING) as pool:
        quotes = list(pool.map(Shopper.quote, shoppers))
    with ThreadPoolExecutor(len(shoppers)) as pool:
        began = time.perf_counter()
        orders = list(pool.map(Shopper.agree, shoppers, quotes))
        machine.wait()
        took = time.perf_counter() - began
    with ThreadPoolExecutor(FILLING) as pool:
        list(pool.map(Shopper.leave, shoppers, orders))
    return took


def _run(bare: Executions) -> float:
    """Seconds from the first start until as many executions of the bare machine have ended."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.perf_counter()
        list(pool.map(Executions.start, [bare] * AT_ONCE))
        bare.wait()
        took = time.perf_counter() - began
    if failed := bare.failed():
        raise CannotMeasure(f"{failed} executions of the bare machine failed.")
    return took


def _guest(place: Place) -> Shop:
    """One more visitor; the door lets in so many a minute."""
    until = time.perf_counter() + PATIENCE_S
    while True:
        try:
            return place.shop(MERCHANT, "guest")
        except NoToken:
            if time.perf_counter() > until:
                raise
            time.sleep(1)


def _shelve(place: Place) -> str:
    """An article that never runs out."""
    sku = f"bench-{secrets.token_hex(3)}"
    feed = f"sku,title,price,currency,stock\n{sku},Tin,12.50,{shop(MERCHANT).currency},1000000\n"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{sku}.csv")
        file.write_text(feed, encoding="utf-8")
        (dropped,) = drop(place.shop(MERCHANT, "merchant"), files(file))
    if not dropped.good:
        raise CannotMeasure(f"The article to buy is not on the shelf: {dropped.status} {dropped.reason or ''}")
    return sku


def _zipped(name: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, text)
    return out.getvalue()
