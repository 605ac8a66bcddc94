"""The laptop cloud: real servers, the emulator and the deployed assembly; changes when what it is made of changes.

`up` may be called at any time: it starts what is not running, and deploys what has changed to what is.
"""

import hashlib
import json
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import deploy, layers, merchants, places, ports, processes, programs, synth, tills, web, web_page
from local.postgres import Postgres
from local.processes import DidNotStart, Process
from local.valkey import Valkey

EMULATOR_PATIENCE_S = 30.0
GATEWAYS_PATIENCE_S = 20.0
PREWARM_EACH = 2  # environments of a function: the second visitor should not wait for a cold start either
PREWARM_PATIENCE_S = 20.0
DATABASE = "shopwright"
# What of this shell's environment the emulator may see; its own launcher narrows it further.
PASSED_ON = ("PATH", "HOME", "LANG", "LOG_LEVEL", "AUTH", "MINISTACK_BEDROCK_PROXY_URL")


class CannotStart(Exception):
    """The laptop cloud cannot be started or stopped; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """A laptop cloud that runs, and where to find it."""

    gateway_url: str
    api_url: str
    postgres_port: int
    valkey_port: int
    outputs: dict[str, str]
    pids: dict[str, int]


class Cloud:
    """One laptop cloud by name. `demo` is the one that `make up` starts; tests and benches have their own."""

    def __init__(self, instance: str = "demo", *, say: Callable[[str], None] = print) -> None:
        self.instance = instance
        self._say = say
        self._home = places.instance_dir(instance)
        self._logs = self._home / "logs"
        self._servers = places.state_dir(instance)

    @property
    def postgres(self) -> Postgres:
        """Its PostgreSQL: to look at, to kill, to start again."""
        return Postgres(self._servers / "postgres", self._ports["postgres"], log=self._logs / "postgres.log")

    @property
    def valkey(self) -> Valkey:
        """Its Valkey: to look at, to kill, to start again."""
        held = self._ports
        return Valkey(self._servers / "valkey", held["valkey"], held["valkey_bus"], log=self._logs / "valkey.log")

    @property
    def gateways_url(self) -> str:
        """Where the doubles of the payment gateways are."""
        return f"http://127.0.0.1:{self._ports['gateways']}"

    def running(self) -> Running | None:
        """The cloud, if its emulator runs and something has been deployed to it."""
        state = self._read()
        emulator = _process(state.get("emulator"))
        if emulator is None or not emulator.alive or not state.get("outputs"):
            return None
        return self._running(state)

    def up(self) -> Running:
        """Start what does not run, deploy what changed, make the demo's members, and wait until it answers."""
        with self._alone():
            began = time.monotonic()
            fresh = self._emulator_if_current() is None
            try:
                return self._up(fresh, began)
            except BaseException:
                # Ctrl-C too: what this call started, it ends. What ran before it goes on running.
                if fresh:
                    self._say("  stopping what was started")
                    self._down()
                raise

    def down(self) -> None:
        """Stop everything, workers of functions included, and forget the data. Its logs stay."""
        with self._alone():
            self._down()

    def forget(self) -> None:
        """Stop everything and keep nothing, not even the logs: for clouds that are made for one run."""
        self.down()
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.with_name(self.instance + ".busy").unlink(missing_ok=True)

    def _up(self, fresh: bool, began: float) -> Running:
        if fresh:
            self._down()  # what a crash or a power cut left
            self._choose_ports()
        else:
            self._say("  the laptop cloud is already running: deploying what has changed")
        with ThreadPoolExecutor(3, thread_name_prefix="up") as pool:
            servers = [
                pool.submit(self._start, "PostgreSQL", self.postgres),
                pool.submit(self._start, "Valkey", self.valkey),
            ]
            assembly = pool.submit(synth.synthesize, layers.HOST, say=self._say)
            gateways = self._start_gateways()
            if fresh:
                self._start_emulator()
            self._await(gateways)
            for server in servers:
                server.result()
            endpoint = self._endpoint
            outputs = deploy.deploy(assembly.result(), endpoint, on_stack=self._on_stack)
        outputs["ApiUrl"] = f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/live"
        outputs["SocketUrl"] = f"{endpoint.replace('http:', 'ws:', 1)}/_aws/execute-api/{outputs['SocketApiId']}/live"
        outputs["PageUrl"] = f"{endpoint}/page/"
        self._write(outputs=outputs)
        self._say(f"  deployed ({time.monotonic() - began:.1f} s)")
        merchants.seed(outputs, endpoint, instance=self.instance)
        tills.open_all(outputs, endpoint, merchants.shops(), gateways=self.gateways_url)
        web_page.put(self._client("s3"), outputs, web_page.of_the_demo(), web_page.paid_at_the_doubles())
        self._prewarm(outputs)
        self._set_terms(outputs)
        self._say(f"  ready ({time.monotonic() - began:.1f} s)")
        return self._running(self._read())

    def _start(self, name: str, server: Postgres | Valkey) -> None:
        if not server.running:
            server.start()
            self._say(f"  {name} on port {server.port}")

    def _start_gateways(self) -> Process:
        """The doubles of the payment gateways. Their books live as long as their process."""
        running = _process(self._read().get("gateways"))
        made_from = _fingerprint(places.ROOT / "local" / "gateways", "product")
        if running is not None and running.alive:
            if self._read().get("gateways_made_from") == made_from:
                return running
            processes.end([running])
        started = processes.spawn(
            [places.python("product"), "-m", "local.gateways", str(self._ports["gateways"])],
            log=self._logs / "gateways.log",
            folder=places.ROOT,
            environment={name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        )
        self._write(gateways=asdict(started), gateways_made_from=made_from)
        return started

    def _await(self, gateways: Process) -> None:
        deadline = time.monotonic() + GATEWAYS_PATIENCE_S
        while time.monotonic() < deadline and gateways.alive:
            with suppress(web.NoAnswer):
                if web.call("GET", f"{self.gateways_url}/_alive", timeout_s=2).status == 200:
                    self._say(f"  payment gateways on port {self._ports['gateways']}")
                    return
            time.sleep(0.05)
        log = self._logs / "gateways.log"
        raise DidNotStart(f"The payment gateways did not answer; {log} ends with\n{processes.last_words(log)}")

    def _start_emulator(self) -> None:
        log = self._logs / "emulator.log"
        held = self._ports
        emulator = processes.spawn(
            [places.python("ministack"), "-m", "local.ministack"],
            log=log,
            folder=places.ROOT,
            environment={
                **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
                "SHOPWRIGHT_GATEWAY_PORT": str(held["gateway"]),
                "SHOPWRIGHT_FUNCTION_PYTHON": str(places.python("function")),
                "SHOPWRIGHT_DATABASE": f"127.0.0.1:{held['postgres']}",
                "SHOPWRIGHT_CACHE": f"127.0.0.1:{held['valkey']}",
                "SHOPWRIGHT_GATEWAYS": f"127.0.0.1:{held['gateways']}",
                "SHOPWRIGHT_STATE_DIR": str(self._home / "emulator"),
                "PYTHONUNBUFFERED": "1",
            },
        )
        self._write(emulator=asdict(emulator), made_from=_emulator_fingerprint(), outputs={})
        deadline = time.monotonic() + EMULATOR_PATIENCE_S
        while time.monotonic() < deadline and emulator.alive:
            with suppress(web.NoAnswer):
                if web.call("GET", f"{self._endpoint}/_ministack/health", timeout_s=2).status == 200:
                    self._say(f"  AWS on port {held['gateway']}")
                    return
            time.sleep(0.05)
        raise DidNotStart(f"The emulator did not answer; {log} ends with\n{processes.last_words(log)}")

    def _on_stack(self, name: str, outputs: dict[str, str]) -> None:
        """Once the data stack's secrets exist, the real servers get the passwords that the functions will use."""
        if not name.endswith("-data"):
            return
        master, cache = self._secret(name, "DatabaseMaster"), self._secret(name, "CacheToken")
        self.postgres.admit(master["username"], master["password"])
        self.postgres.create_database(master.get("dbname", DATABASE), owner=master["username"])
        self.valkey.require(cache["token"])

    def _secret(self, stack: str, name: str) -> dict[str, str]:
        """What the secret of this name in the stack holds."""
        resources = self._client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        for resource in resources:
            if resource["ResourceType"] == "AWS::SecretsManager::Secret" and resource["LogicalResourceId"].startswith(
                name
            ):
                secret = self._client("secretsmanager").get_secret_value(SecretId=resource["PhysicalResourceId"])
                held: dict[str, str] = json.loads(secret["SecretString"])
                return held
        raise CannotStart(f"The stack {stack} has no secret {name}: local/cloud.py and cdk/stacks/data.py disagree.")

    def _prewarm(self, outputs: dict[str, str]) -> None:
        """Let the functions that a visitor meets first start now, several of each at once."""
        shop = merchants.shops()[0].id
        shopper = merchants.token(outputs, self._endpoint, shop, "shopper", instance=self.instance)
        deadline = time.monotonic() + PREWARM_PATIENCE_S

        def health(_: int) -> web.Answer:
            return web.call("GET", outputs["ApiUrl"] + "/v1/health")

        def chat(_: int) -> web.Answer:
            return web.call(
                "POST",
                outputs["ApiUrl"] + "/v1/chat",
                token=shopper,
                json_body={"message": "Hello"},
            )

        with ThreadPoolExecutor(2 * PREWARM_EACH) as pool:
            answers = [*pool.map(health, range(PREWARM_EACH)), *pool.map(chat, range(PREWARM_EACH))]
        while any(answer.status >= 500 for answer in answers) and time.monotonic() < deadline:
            time.sleep(0.5)
            answers = [health(0), chat(0)]
        for answer in answers:
            if answer.status >= 400:
                raise CannotStart(
                    f"The API does not answer as it should: {answer.status} {json.dumps(answer.body)[:300]}\n"
                    + "\n".join(self.function_log("health", "chat"))
                )

        ready = web.call("GET", outputs["ApiUrl"] + "/v1/ready")
        if ready.status != 200:
            self._say(f"  the API says that it is not ready: {json.dumps(ready.body.get('dependencies', ready.body))}")

    def _set_terms(self, outputs: dict[str, str]) -> None:
        """Each shop says what delivery costs and which tax its prices include; said again, it changes nothing."""
        for shop in merchants.shops():
            shopkeeper = merchants.token(outputs, self._endpoint, shop.id, "merchant", instance=self.instance)
            answer = web.call(
                "PUT",
                outputs["ApiUrl"] + "/v1/terms",
                token=shopkeeper,
                json_body={"currency": shop.currency, **shop.terms.model_dump()},
            )
            if answer.status != 200:
                raise CannotStart(f"The terms of {shop.name} were not taken: {answer.status} {answer.reason}")

    def function_log(self, *functions: str, lines: int = 6) -> list[str]:
        """The last warnings and errors of these functions (of all, when none is named)."""
        client, found = self._client("logs"), []
        for page in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda/"):
            for group in page["logGroups"]:
                name = group["logGroupName"]
                if functions and not name.endswith(tuple(f"-{function}" for function in functions)):
                    continue
                pages = client.get_paginator("filter_log_events").paginate(logGroupName=name)
                messages = (event["message"].strip() for page in pages for event in page["events"])
                told = deque((message for message in messages if _matters(message)), maxlen=lines)
                found += [f"  {name.rpartition('/')[2]}: {line[:600]}" for line in told]
        return found

    def _down(self) -> None:
        state = self._read()
        for server in ("emulator", "gateways"):
            if running := _process(state.get(server)):
                processes.end([running])
        if state.get("ports"):
            self.postgres.remove()
            self.valkey.remove()
        shutil.rmtree(self._servers, ignore_errors=True)
        shutil.rmtree(self._home / "emulator", ignore_errors=True)
        (self._home / "members.json").unlink(missing_ok=True)
        (self._home / "state.json").unlink(missing_ok=True)

    def _emulator_if_current(self) -> Process | None:
        """The emulator that runs, unless its own code has changed: then all is started afresh."""
        state = self._read()
        emulator = _process(state.get("emulator"))
        if emulator is None or not emulator.alive:
            if state:
                self._say("  what was left of an earlier run is cleared away")
            return None
        if not state.get("outputs"):
            self._say("  an earlier start did not get to its end: starting afresh")
            return None
        if state.get("made_from") != _emulator_fingerprint():
            self._say("  local/ministack has changed: starting afresh")
            return None
        return emulator

    def _choose_ports(self) -> None:
        wanted = ports.preferred(self.instance)
        chosen: dict[str, int] = {}
        for name in ("gateway", "postgres", "valkey", "valkey_bus", "gateways"):
            chosen[name] = ports.choose(name, wanted.get(name), taken=chosen.values(), say=self._say)
        self._write(ports=chosen)

    def _running(self, state: dict[str, Any]) -> Running:
        outputs: dict[str, str] = state["outputs"]
        found = {"postgres": self.postgres.process, "valkey": self.valkey.process}
        pids = {name: process.pid for name, process in found.items() if process}
        return Running(
            gateway_url=self._endpoint,
            api_url=outputs["ApiUrl"],
            postgres_port=state["ports"]["postgres"],
            valkey_port=state["ports"]["valkey"],
            outputs=outputs,
            pids={"emulator": state["emulator"]["pid"], **pids},
        )

    @property
    def _ports(self) -> dict[str, int]:
        held: dict[str, int] = self._read().get("ports", {})
        if not held:
            raise CannotStart("The laptop cloud is not running: run `make up` first.")
        return held

    @property
    def _endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports['gateway']}"

    def _client(self, service: str) -> Any:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=deploy.REGION)  # noqa: S106 - the emulator's
        client: Callable[..., Any] = session.client
        return client(service, endpoint_url=self._endpoint, config=deploy.CLIENT)

    def _read(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads((self._home / "state.json").read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as broken:
            raise CannotStart(
                f"{self._home / 'state.json'} is damaged: delete it, end what still runs, and run `make up`."
            ) from broken
        return state

    def _write(self, **more: Any) -> None:
        """At every step, so that whatever ends this process, `make down` knows what to end."""
        state = {**self._read(), **more}
        if "outputs" in state and "ports" in state:
            state["gateway_url"] = f"http://127.0.0.1:{state['ports']['gateway']}"
        self._home.mkdir(parents=True, exist_ok=True)
        draft = self._home / "state.json.new"
        draft.write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", "utf-8")
        draft.replace(self._home / "state.json")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with programs.alone(self._home.with_name(self.instance + ".busy")):
            yield


def _process(held: dict[str, Any] | None) -> Process | None:
    return Process(int(held["pid"]), str(held["started"])) if held else None


def _matters(message: str) -> bool:
    return any(word in message for word in ('"WARNING"', '"ERROR"', '"CRITICAL"', "Traceback", "Task timed out"))


def _emulator_fingerprint() -> str:
    """What the emulator's process was started from: a change of it needs another process."""
    return _fingerprint(places.ROOT / "local" / "ministack", "ministack", "function")


def _fingerprint(folder: Path, *locks: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".toml"):
            digest.update(path.read_bytes())
    for name in locks:
        digest.update(Path(places.ROOT / "requirements" / f"{name}.lock").read_bytes())
    return digest.hexdigest()


TROUBLE = (
    CannotStart,
    DidNotStart,
    processes.DidNotEnd,
    programs.NoProgram,
    ports.NoFreePort,
    places.NoPlace,
    layers.CannotBuild,
    synth.CannotSynthesize,
    deploy.BadAssembly,
    deploy.StackFailed,
    merchants.NoToken,
    merchants.NotSeeded,
    merchants.BadMerchantFile,
    web.NoAnswer,
    ClientError,
    BotoCoreError,
)
