"""This file changes when how a synthesized assembly gets onto the laptop's AWS changes.

The assembly is the one that the CDK command line would deploy; here plain CloudFormation calls deploy it, in a second.
Only what differs is touched: assets are uploaded when their hash is new, stacks updated when their template is.
"""

import hashlib
import json
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackTypeDef
    from mypy_boto3_s3 import S3Client

ACCOUNT = "000000000000"
REGION = "us-east-1"
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "30"
STACK_PATIENCE_S = 600.0
POLL_S = 0.1
EPOCH = (1980, 1, 1, 0, 0, 0)
CLIENT = Config(
    connect_timeout=2,
    read_timeout=120,
    retries={"total_max_attempts": 2, "mode": "standard"},
    s3={"addressing_style": "path"},
)
EXPORT = "Export"  # how CDK begins the outputs that it makes for another stack's sake

Outputs = dict[str, str]
OnStack = Callable[[str, Outputs], None]


class BadAssembly(Exception):
    """The folder is not an assembly that can be deployed; the message says what to do."""


class StackFailed(Exception):
    """A stack did not reach a complete state; the message names each resource that failed, and why."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack of the assembly, its files still to be read."""

    name: str
    template: Path
    assets: Path | None
    parameters: Mapping[str, str]

    def fingerprint(self) -> str:
        content = self.template.read_bytes() + json.dumps(dict(self.parameters), sort_keys=True).encode()
        return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, or a folder to be packed, with the place in S3 where a template looks for it."""

    source: Path
    packed: bool
    bucket: str
    key: str


def deploy(assembly: Path, endpoint: str, *, on_stack: OnStack = lambda name, outputs: None) -> Outputs:
    """Bring every stack of the assembly to what its template says, and return all their outputs.

    `on_stack` is called after each stack in turn, changed or not, with its own outputs: so that what a later stack
    expects of the world (a database role, say) can be made in between.
    """
    cloud = Cloud(endpoint)
    cloud.bootstrap()
    everything: Outputs = {}
    for stack in stacks(assembly):
        outputs = cloud.put(stack)
        for name in outputs.keys() & everything.keys():
            if outputs[name] != everything[name]:
                raise BadAssembly(f"two stacks have an output {name}: give one of them another name")
        everything |= outputs
        on_stack(stack.name, outputs)
    return everything


def stacks(assembly: Path) -> list[Stack]:
    """The assembly's stacks, each after those that it depends on."""
    manifest = _manifest(assembly)
    artifacts: dict[str, Any] = manifest["artifacts"]
    named = {name: one for name, one in artifacts.items() if one["type"] == "aws:cloudformation:stack"}
    if not named:
        raise BadAssembly(f"{assembly} holds no stacks: synthesize again with `make synth`")
    order = TopologicalSorter({name: _stacks_before(name, artifacts, named) for name in named})
    try:
        return [_stack(assembly, artifacts, name) for name in order.static_order()]
    except CycleError as problem:
        raise BadAssembly(f"stacks depend on each other in a circle: {' -> '.join(problem.args[1])}") from problem


def templates(assembly: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each stack's name and template."""
    for stack in stacks(assembly):
        yield stack.name, json.loads(stack.template.read_text("utf-8"))


def _manifest(assembly: Path) -> dict[str, Any]:
    path = assembly / "manifest.json"
    if not path.is_file():
        raise BadAssembly(f"{assembly} is no assembly (it has no manifest.json): synthesize it with `make synth`")
    manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return manifest


def _stacks_before(name: str, artifacts: dict[str, Any], named: dict[str, Any]) -> set[str]:
    return {other for other in artifacts[name].get("dependencies", []) if other in named}


def _stack(assembly: Path, artifacts: dict[str, Any], name: str) -> Stack:
    properties = artifacts[name]["properties"]
    lists = [
        assembly / artifacts[other]["properties"]["file"]
        for other in artifacts[name].get("dependencies", [])
        if artifacts.get(other, {}).get("type") == "cdk:asset-manifest"
    ]
    return Stack(
        name=properties.get("stackName", name),
        template=assembly / properties["templateFile"],
        assets=lists[0] if lists else None,
        parameters=properties.get("parameters", {}),
    )


def assets(stack: Stack) -> Iterator[Asset]:
    """What the stack's template expects to find in S3; itself is among it."""
    if stack.assets is None:
        return
    for file in json.loads(stack.assets.read_text("utf-8")).get("files", {}).values():
        source = file["source"]
        if "path" not in source:
            raise BadAssembly(f"{stack.name}: an asset made by a command ({source}) cannot be uploaded from a laptop")
        for destination in file["destinations"].values():
            yield Asset(
                source=stack.template.parent / source["path"],
                packed=source.get("packaging") == "zip",
                bucket=_resolve(destination["bucketName"]),
                key=destination["objectKey"],
            )


def _resolve(name: str) -> str:
    return name.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)


class Cloud:
    """The laptop's AWS, seen by who deploys to it. Its keys are made up, so that real ones are never sent anywhere."""

    def __init__(self, endpoint: str) -> None:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106
        self._client: Callable[[str], Any] = partial(session.client, endpoint_url=endpoint, config=CLIENT)
        self._cloudformation: CloudFormationClient = self._client("cloudformation")
        self._s3: S3Client = self._client("s3")
        self._ssm = self._client("ssm")
        self._endpoint = endpoint
        self._buckets: set[str] = set()

    def bootstrap(self) -> None:
        """Say that this account is one that CDK may deploy to: templates look for it."""
        self._ssm.put_parameter(Name=BOOTSTRAP, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True)

    def put(self, stack: Stack) -> Outputs:
        """Create the stack, or update it if it differs from what was last put here."""
        standing = self._at_rest(stack.name)
        if standing and standing["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"):
            self.remove(stack.name)
            standing = None
        fingerprint = stack.fingerprint()
        if (
            standing
            and not standing["StackStatus"].endswith("ROLLBACK_COMPLETE")
            and self._last_put(stack) == fingerprint
        ):
            return _outputs(standing)
        url = self._upload(stack)
        seen = self._events_so_far(stack.name) if standing else set()
        request: dict[str, Any] = {
            "StackName": stack.name,
            "TemplateURL": url,
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in stack.parameters.items()],
        }
        try:
            if standing:
                self._cloudformation.update_stack(**request)
            else:
                self._cloudformation.create_stack(**request)
        except ClientError as refusal:
            message = refusal.response["Error"].get("Message", "")
            if "No updates are to be performed" not in message:
                raise StackFailed(f"{stack.name} was refused: {message}") from None
        outputs = _outputs(self._done(stack.name, seen))
        self._ssm.put_parameter(Name=_mark(stack), Value=fingerprint, Type="String", Overwrite=True)
        return outputs

    def remove(self, name: str) -> None:
        """Delete the stack and wait until it is gone."""
        seen = self._events_so_far(name)
        self._cloudformation.delete_stack(StackName=name)
        left = self._at_rest(name)
        if left and left["StackStatus"] != "DELETE_COMPLETE":
            raise StackFailed(self._why(name, left["StackStatus"], seen))

    def _last_put(self, stack: Stack) -> str | None:
        try:
            value: str = self._ssm.get_parameter(Name=_mark(stack))["Parameter"]["Value"]
        except self._ssm.exceptions.ParameterNotFound:
            return None
        return value

    def _upload(self, stack: Stack) -> str:
        """Put what S3 does not have yet, and return where the template then is."""
        url = None
        for asset in assets(stack):
            self._put_asset(asset)
            if asset.source == stack.template:
                url = f"{self._endpoint}/{asset.bucket}/{asset.key}"
        if url is not None:
            return url
        template = stack.template.read_bytes()
        asset = Asset(stack.template, False, f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}", f"{stack.fingerprint()}.json")
        self._bucket(asset.bucket)
        self._s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=template)
        return f"{self._endpoint}/{asset.bucket}/{asset.key}"

    def _put_asset(self, asset: Asset) -> None:
        self._bucket(asset.bucket)
        if self._holds(asset):
            return
        if not asset.packed:
            self._s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=asset.source.read_bytes())
            return
        with tempfile.TemporaryFile() as archive:
            pack(asset.source, archive)
            archive.seek(0)
            self._s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=archive)

    def _bucket(self, name: str) -> None:
        if name not in self._buckets:
            self._s3.create_bucket(Bucket=name)
            self._buckets.add(name)

    def _holds(self, asset: Asset) -> bool:
        """An asset's key is the hash of its content, so one that is there is the same."""
        try:
            self._s3.head_object(Bucket=asset.bucket, Key=asset.key)
        except ClientError as refusal:
            if refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    def _describe(self, name: str) -> "StackTypeDef | None":
        try:
            return self._cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as refusal:
            if "does not exist" in refusal.response["Error"].get("Message", ""):
                return None
            raise

    def _events(self, name: str) -> "list[StackEventTypeDef]":
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]]

    def _events_so_far(self, name: str) -> set[str]:
        return {event["EventId"] for event in self._events(name)}

    def _at_rest(self, name: str) -> "StackTypeDef | None":
        """The stack, when nothing is being done to it (any more); None if there is none."""
        deadline = time.monotonic() + STACK_PATIENCE_S
        while time.monotonic() < deadline:
            stack = self._describe(name)
            if stack is None or not stack["StackStatus"].endswith("IN_PROGRESS"):
                return stack
            time.sleep(POLL_S)
        raise StackFailed(f"{name} is not done after {STACK_PATIENCE_S:.0f} s; `make logs` shows what it waits for")

    def _done(self, name: str, seen: set[str]) -> "StackTypeDef":
        stack = self._at_rest(name)
        if stack is None:
            raise StackFailed(f"{name} was deleted while it was being deployed")
        if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise StackFailed(self._why(name, stack["StackStatus"], seen))
        return stack

    def _why(self, name: str, status: str, seen: set[str]) -> str:
        failed = [
            f"  {event.get('LogicalResourceId')} ({event.get('ResourceType')}): {event['ResourceStatusReason']}"
            for event in reversed(self._events(name))
            if event["EventId"] not in seen
            and event.get("ResourceStatus", "").endswith("FAILED")
            and event.get("ResourceStatusReason")
        ]
        return "\n".join([f"{name} ended in {status}", *dict.fromkeys(failed)])


def pack(folder: Path, target: IO[bytes]) -> None:
    """Write the folder as a zip whose bytes depend on its content alone.

    Stored, not deflated: it goes over the loopback, and squeezing a layer would take longer than carrying it.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
                entry.external_attr = (0o755 if os.access(path, os.X_OK) else 0o644) << 16
                archive.writestr(entry, path.read_bytes())


def _outputs(stack: "StackTypeDef") -> Outputs:
    return {
        output["OutputKey"]: output["OutputValue"]
        for output in stack.get("Outputs", [])
        if not output["OutputKey"].startswith(EXPORT)
    }


def _mark(stack: Stack) -> str:
    return f"/shopwright/deployed/{stack.name}"
