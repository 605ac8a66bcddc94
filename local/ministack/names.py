"""This file changes when a new MiniStack is adopted: every private name of it that a correction touches.

MiniStack releases several times a week and promises nothing about these names, so they are looked for before anything
starts. A correction that silently no longer applies would make the laptop lie about AWS.
"""

from collections.abc import Callable, Mapping
from importlib import import_module, metadata

VERSION = "1.5.33"

NAMES: Mapping[str, tuple[str, ...]] = {
    "ministack.app": ("app",),
    "ministack.core.lambda_runtime": (
        "ProvidedWorker",
        "ProvidedWorker._build_handler_class",
        "ProvidedWorker._drain_stderr_bounded",
        "_RESERVED_RUNTIME_ENV_VARS",
        "_worker_class_for",
        "_workers",
        "execution_credentials",
        "get_or_create_worker",
        "reset",
    ),
    "ministack.core.responses": ("error_response_json", "get_account_id", "get_region", "new_uuid"),
    "ministack.services.apigateway": ("_invoke_ws_lambda", "_ws_connections"),
    "ministack.services.apigateway_v1": (
        "_build_lambda_event_v1",
        "_lambda_proxy_response",
        "_request_validators",
        "_resources",
    ),
    "ministack.services.cloudfront": ("_distributions",),
    "ministack.services.cloudformation.custom_resource": ("deliver_response",),
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
    "ministack.services.cognito": ("_apply_pretoken_trigger", "_dispatch_idp", "handle_oauth2_token"),
    "ministack.services.dynamodb": ("_ttl_settings", "_update_ttl"),
    "ministack.services.elasticache": ("_clusters", "_replication_groups"),
    "ministack.services.lambda_svc": (
        "_execute_function",
        "_execute_function_provided_warm",
        "_execute_function_warm",
        "_execute_function_with_config_scope",
        "_provided_worker_env",
        "_resolve_layer_zip",
    ),
    "ministack.services.rds": ("_clusters", "_instances"),
    "ministack.services.secretsmanager": ("_secrets",),
    "ministack.services.stepfunctions": ("_find_matching_retrier", "_invoke_with_callback", "_task_tokens"),
}


class UnknownMiniStack(Exception):
    """The installed MiniStack is not the one that the corrections were written for."""


def verify(
    installed: str | None = None,
    names: Mapping[str, tuple[str, ...]] = NAMES,
    load: Callable[[str], object] = import_module,
) -> None:
    """Refuse to start on a MiniStack whose version or private names differ."""
    version = installed or metadata.version("ministack")
    if version != VERSION:
        raise UnknownMiniStack(
            f"MiniStack {version} is installed, and the corrections in local/ministack were written for {VERSION}. "
            "Install the locked requirements, or adopt the new version: run tests/integration/laptop, "
            "then change VERSION in local/ministack/names.py."
        )
    missing = [
        f"{module}.{name}"
        for module, wanted in names.items()
        for name in wanted
        if not _has(load(module), name.split("."))
    ]
    if missing:
        raise UnknownMiniStack(
            f"MiniStack {version} has no {', '.join(missing)}, which local/ministack corrects or calls. "
            "Install the locked requirements again; if they are right, rewrite the correction."
        )


def _has(owner: object, path: list[str]) -> bool:
    for name in path:
        if not hasattr(owner, name):
            return False
        owner = getattr(owner, name)
    return True
