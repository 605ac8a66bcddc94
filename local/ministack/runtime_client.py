"""This file changes when what surrounds a running Python function changes: interpreter, layers, environment.

On AWS a Python function runs under the runtime interface client (`awslambdaric`). MiniStack has a worker of its own
that calls every failure `Runtime.HandlerError`, so that no Step Functions Retry or Catch by an exception's name can
match. MiniStack's worker for custom runtimes does speak Lambda's Runtime API; so here Python functions become custom
runtimes whose bootstrap is the real client.
"""

import io
import os
import queue
import shutil
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import get_region, new_uuid
from ministack.services import lambda_svc

from local.ministack.launch import Launch

Configuration = dict[str, Any]

EXECUTABLE = 0o755 << 16
UNFINISHED = "unpacking-"
# How many environments may start at once, and how long one waits for its turn. On AWS each has a processor of its own;
# here a burst of visitors would start a dozen side by side, and every one of them would run out of its function's time.
STARTS = threading.BoundedSemaphore(os.cpu_count() or 2)
TURN_S = 12.0  # then it starts all the same: whoever holds a turn may itself be waiting for this one
KEPT_LAYERS = 12  # a few edits of each; a layer may be 150 MB


class MissingLayer(Exception):
    """A function names a layer version that holds nothing."""


def install(launch: Launch) -> None:
    shelf = LayerShelf(launch.layers)
    shelf.tidy()
    bootstrap = f'#!/bin/sh\nexec "{launch.function_python}" -m awslambdaric "$_HANDLER"\n'
    native_class, native_warm, native_environment = (
        lambda_runtime._worker_class_for,
        lambda_svc._execute_function_warm,
        lambda_svc._provided_worker_env,
    )

    def worker_class_for(configuration: Configuration) -> Any:
        return partial(RuntimeClientWorker, bootstrap) if _is_python(configuration) else native_class(configuration)

    def execute_warm(function: dict[str, Any], event: Any, request_id: str) -> Any:
        if _is_python(function.get("config") or function):
            return lambda_svc._execute_function_provided_warm(function, event, request_id)
        return native_warm(function, event, request_id)

    def environment(configuration: Configuration, code: str, port: int) -> dict[str, str]:
        if not _is_python(configuration):
            native: dict[str, str] = native_environment(configuration, code, port)
            return native
        layers = [shelf.folder(layer) for layer in configuration.get("Layers", [])]
        return function_environment(configuration, code=code, layers=layers, port=port, endpoint=launch.endpoint)

    lambda_runtime._worker_class_for = worker_class_for
    lambda_svc._execute_function_warm = execute_warm
    lambda_svc._provided_worker_env = environment


def _is_python(configuration: Configuration) -> bool:
    return str(configuration.get("Runtime", "")).startswith("python")


class RuntimeClientWorker(lambda_runtime.ProvidedWorker):  # type: ignore[misc]  # MiniStack ships no types
    """One execution environment of a Python function."""

    def __init__(self, bootstrap: str, name: str, configuration: Configuration, code: bytes) -> None:
        super().__init__(name, configuration, with_bootstrap(code, bootstrap))

    def invoke(self, *event: Any, **named: Any) -> dict[str, Any]:
        """One invocation. The first of an environment, which loads all that the function needs, waits for its turn."""
        cold = self._proc is None or self._proc.poll() is not None
        turn = cold and STARTS.acquire(timeout=TURN_S)
        try:
            answer: dict[str, Any] = super().invoke(*event, **named)
        finally:
            if turn:
                STARTS.release()
        return answer

    def _build_handler_class(self, generation: int, pending: "queue.Queue[Any]") -> Any:
        """Send at once: a header and a body in two packets otherwise wait 40 ms for each other's acknowledgement."""
        handler = super()._build_handler_class(generation, pending)
        handler.disable_nagle_algorithm = True
        return handler

    def _drain_stderr_bounded(
        self, first_line_wait: float = 0.002, idle_confirm: float = 0.001, hard_cap: float = 0.25
    ) -> str:
        """Wait 2 ms for a first log line where MiniStack waits 50; a later line goes with the next invocation."""
        log: str = super()._drain_stderr_bounded(first_line_wait, idle_confirm, hard_cap)
        return log


@lru_cache(maxsize=64)
def with_bootstrap(code: bytes, bootstrap: str) -> bytes:
    """The function's archive with the file in it that MiniStack starts a custom runtime by."""
    archive = io.BytesIO(code)
    with zipfile.ZipFile(archive, "a") as package:
        entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
        entry.external_attr = EXECUTABLE
        package.writestr(entry, bootstrap)
    return archive.getvalue()


def function_environment(
    configuration: Configuration, *, code: str, layers: list[Path], port: int, endpoint: str
) -> dict[str, str]:
    """What Lambda gives a function, and nothing of the machine that this happens to run on."""
    name = configuration.get("FunctionName", "unknown")
    logging = configuration.get("LoggingConfig") or {}
    variables: Mapping[str, str] = (configuration.get("Environment") or {}).get("Variables") or {}
    environment = {
        name: value for name, value in variables.items() if name not in lambda_runtime._RESERVED_RUNTIME_ENV_VARS
    }
    environment |= {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "HOME": "/tmp",  # noqa: S108  what Lambda's own functions get to write to
        "PYTHONPATH": os.pathsep.join([code, *_importable(layers)]),
        "PYTHONNOUSERSITE": "1",
        "_HANDLER": configuration.get("Handler", ""),
        "LAMBDA_TASK_ROOT": code,
        "AWS_REGION": get_region(),
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.get('Runtime')}",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": configuration.get("Version", "$LATEST"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": new_uuid(),
        # Beyond Lambda's own: where this AWS is, and that it has neither host names for prefixes nor an instance.
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if logging.get("LogFormat") == "JSON":
        environment["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        environment["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    credentials: dict[str, str] = lambda_runtime.execution_credentials(configuration)
    return environment | {key: value for key, value in credentials.items() if value}


def _importable(layers: list[Path]) -> list[str]:
    """The folders of each layer that Lambda puts on the path of a Python function, first layer first."""
    folders = []
    for layer in layers:
        folders.append(str(layer / "python"))
        folders += [str(folder) for folder in sorted(layer.glob("python/lib/python3.*/site-packages"))]
    return folders


@dataclass(frozen=True, slots=True)
class LayerShelf:
    """Layers, unpacked once each under the hash of their content, and kept from one run to the next."""

    root: Path
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tidy(self) -> None:
        """Leave what was used last, and nothing that an earlier run broke off while unpacking."""
        for unfinished in self.root.glob(f"{UNFINISHED}*"):
            shutil.rmtree(unfinished)
        kept = sorted(self.root.glob("*"), key=lambda layer: layer.stat().st_mtime, reverse=True)
        for old in kept[KEPT_LAYERS:]:
            shutil.rmtree(old)

    def folder(self, layer: Any) -> Path:
        archive: bytes | None = lambda_svc._resolve_layer_zip(layer)
        if not archive:
            raise MissingLayer(f"layer {layer.get('Arn') if isinstance(layer, dict) else layer} has no content")
        folder = self.root / _digest(archive)[:32]
        with self.lock:
            if not folder.is_dir():
                self.root.mkdir(parents=True, exist_ok=True)
                unpacked = Path(mkdtemp(dir=self.root, prefix=UNFINISHED))
                with zipfile.ZipFile(io.BytesIO(archive)) as package:
                    package.extractall(unpacked)
                unpacked.rename(folder)
            folder.touch()
        return folder


@lru_cache(maxsize=32)
def _digest(archive: bytes) -> str:
    """Remembered, because a layer is a hundred megabytes and every cold start asks."""
    return sha256(archive).hexdigest()
