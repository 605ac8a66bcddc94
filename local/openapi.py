"""`python -m local.openapi`: writes docs/openapi.json from the functions' own routes; `--check` only compares.

What a route takes and answers comes from its models, who may use it from `access.toml`, what a failure looks like from
the one error body, and the examples from `events/`. So nothing here can say something that the code does not do.
"""

import argparse
import importlib
import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shopwright.runtime import access
from shopwright.runtime.http import Handler

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "openapi.json"
_REF = "#/components/schemas/"
_ERRORS = {
    "400": "The body is not one JSON value.",
    "401": "No token stands that has the scope of this route: sign in, with an account that may do this.",
    "403": "The caller's role or merchant does not allow this.",
    "404": "There is no such thing, or it is somebody else's.",
    "409": "It has changed since the caller read it.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A field is missing, unknown or wrong; `field` names it.",
    "429": "Too much at once; Retry-After says how long to wait.",
    "500": "Something broke on our side.",
    "503": "Something that this needs is not there; Retry-After says when to try again.",
}
_ERROR_SCHEMA = {
    "type": "object",
    "title": "Error",
    "description": "Every refusal and failure looks like this.",
    "required": ["error", "message", "request_id"],
    "additionalProperties": False,
    "properties": {
        "error": {"type": "string", "description": "What happened, in one word that stays the same."},
        "message": {"type": "string", "description": "What to change, for a person."},
        "request_id": {"type": "string", "description": "Finds the request in our log; also in x-request-id."},
        "field": {"type": "string", "description": "With 422: the field that is wrong."},
    },
}


def handlers() -> dict[str, Handler]:
    """Function → its handler, of those that answer HTTP."""
    found: dict[str, Handler] = {}
    for folder in sorted((ROOT / "functions").iterdir()):
        module = folder / f"{folder.name.replace('-', '_')}.py"
        if module.is_file():
            if str(folder) not in sys.path:
                sys.path.append(str(folder))
            handler = importlib.import_module(module.stem).handler
            if isinstance(handler, Handler):
                found[folder.name] = handler
    return found


def describe() -> dict[str, Any]:
    """The whole API as one OpenAPI 3.1 document."""
    version = tomllib.loads((ROOT / "layers" / "common" / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    paths: dict[str, dict[str, Any]] = {}
    parts: dict[str, dict[str, Any]] = {}
    tags: list[dict[str, str]] = []
    for function, handler in handlers().items():
        part = json.loads(handler.api.get_openapi_json_schema(title=function, version=version))
        parts[function] = part
        module = sys.modules[function.replace("-", "_")]
        tags.append({"name": function, "description": (module.__doc__ or "").strip().splitlines()[0]})
    schemas = _merged(parts)
    for function, part in parts.items():
        for path, operations in part["paths"].items():
            for method, operation in operations.items():
                paths.setdefault(path, {})[method] = _operation(function, path, method, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shopwright",
            "version": version,
            "summary": "A shop assistant that answers from a merchant's own documents.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com/live",
                "variables": {"api": {"default": "a1b2c3d4e5"}, "region": {"default": "eu-central-1"}},
            }
        ],
        "tags": tags,
        "paths": {path: dict(sorted(operations.items())) for path, operations in sorted(paths.items())},
        "components": {
            "schemas": dict(sorted({**schemas, "Error": _ERROR_SCHEMA}.items())),
            "responses": {status: _error(status) for status in _ERRORS},
            "headers": {
                "x-request-id": {"schema": {"type": "string"}, "description": "Finds the request in our log."},
                "retry-after": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."},
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the user pool; each route names the scope that it needs.",
                }
            },
        },
    }


def text() -> str:
    """The document as it is committed."""
    return json.dumps(describe(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None, *, target: Path = TARGET) -> int:
    """0: written, or nothing to write. 1: the committed document says something else than the code."""
    parser = argparse.ArgumentParser(prog="python -m local.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare docs/openapi.json with the code; write nothing")
    asked = parser.parse_args(arguments)
    made = text()
    if asked.check:
        if target.is_file() and target.read_text("utf-8") == made:
            print("docs/openapi.json says what the code does")
            return 0
        print(
            "docs/openapi.json is not what the code does: run `python -m local.openapi` and commit it", file=sys.stderr
        )
        return 1
    target.parent.mkdir(exist_ok=True)
    target.write_text(made, "utf-8")
    print(f"wrote {target}")
    return 0


def _operation(function: str, path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    route = f"{method.upper()} {path}"
    asks = access.table()[route]
    made = {**operation, "tags": [function], "operationId": _operation_id(function, method, path)}
    if asks.public:
        made["security"] = []
    else:
        made["security"] = [{"token": [asks.scope]}]
        made["x-roles"] = sorted(role.value for role in asks.roles)
    if "requestBody" in made:
        content = made["requestBody"]["content"]["application/json"]
        bodies = {name: json.loads(event["body"]) for name, event in _events(function, route) if event.get("body")}
        if bodies:
            content["examples"] = {name: {"value": body} for name, body in bodies.items()}
    made["responses"] = dict(sorted({**_answers(operation), **_refusals(asks, path, operation)}.items()))
    return made


def _answers(operation: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, answer in operation["responses"].items():
        if status == "422":
            continue  # Powertools' own shape, which never reaches a caller
        if status >= "400" and "content" not in answer:
            answers[status] = {"$ref": f"#/components/responses/{status}"}
            continue
        kept = {**answer, "headers": {"x-request-id": {"$ref": "#/components/headers/x-request-id"}}}
        if status >= "400":  # the route's own body, or the one that it has when it fails before the route
            own = answer["content"]["application/json"]["schema"]
            kept["content"] = {"application/json": {"schema": {"anyOf": [own, {"$ref": f"{_REF}Error"}]}}}
            kept["headers"]["retry-after"] = {"$ref": "#/components/headers/retry-after"}
        if status == "204":
            kept.pop("content", None)
        answers[status] = kept
    return answers


def _refusals(asks: access.Access, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    statuses = {"422", "429", "500", "503"}
    if not asks.public:
        statuses |= {"401", "403"}
    if "requestBody" in operation:
        statuses |= {"400", "403", "413", "415"}
    if "{" in path:
        statuses |= {"404"}
    return {
        status: {"$ref": f"#/components/responses/{status}"}
        for status in statuses
        if status not in operation["responses"] or status == "422"
    }


def _error(status: str) -> dict[str, Any]:
    headers = {"x-request-id": {"$ref": "#/components/headers/x-request-id"}}
    if status in {"429", "503"}:
        headers["retry-after"] = {"$ref": "#/components/headers/retry-after"}
    return {
        "description": _ERRORS[status],
        "headers": headers,
        "content": {"application/json": {"schema": {"$ref": f"{_REF}Error"}}},
    }


def _operation_id(function: str, method: str, path: str) -> str:
    one = "One" if "{" in path else ""
    last = [part for part in path.split("/") if part and "{" not in part][-1]
    return f"{method}{one}{''.join(word.capitalize() for word in last.split('-'))}"


def _events(function: str, route: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((ROOT / "events" / function).glob("*.json")):
        event = json.loads(path.read_text("utf-8"))
        if f"{event['httpMethod']} {event['resource']}" == route:
            yield path.stem, event


def _merged(parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Every function's schemas under one roof. Two that share a name and differ are both called by their function."""
    owners: dict[str, list[tuple[str, Any]]] = {}
    for function, part in parts.items():
        for name, schema in part.get("components", {}).get("schemas", {}).items():
            owners.setdefault(name, []).append((function, schema))
    clashing = {name for name, held in owners.items() if any(schema != held[0][1] for _, schema in held)}
    merged: dict[str, Any] = {}
    for function, part in parts.items():
        prefix = "".join(word.capitalize() for word in function.split("-"))
        names = {f"{_REF}{name}": f"{_REF}{prefix}{name}" for name in clashing}

        def renamed(ref: str, names: dict[str, str] = names) -> str:
            return names.get(ref, ref)

        part["paths"] = _with_refs(part["paths"], renamed)
        for name, schema in part.get("components", {}).get("schemas", {}).items():
            merged[f"{prefix}{name}" if name in clashing else name] = _with_refs(schema, renamed)
    for powertools in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        merged.pop(powertools, None)
    return merged


def _with_refs(value: Any, renamed: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {
            key: renamed(held) if key == "$ref" and isinstance(held, str) else _with_refs(held, renamed)
            for key, held in value.items()
        }
    if isinstance(value, list):
        return [_with_refs(held, renamed) for held in value]
    return value


if __name__ == "__main__":
    sys.exit(main())
