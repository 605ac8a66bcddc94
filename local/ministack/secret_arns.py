"""This file changes when how MiniStack's CloudFormation refers to a secret differs from how AWS's does.

On AWS `Ref` of a secret is its ARN, which policies and functions then name; MiniStack answers with its name.
"""

from typing import Any

from ministack.services import secretsmanager

from local.ministack.handlers import Attributes, Handlers, Properties

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105  a type's name


def install(handlers: Handlers) -> None:
    native = handlers[SECRET]

    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Attributes]:
        _, attributes = native["create"](logical_id, properties, stack)
        return attributes["Arn"], attributes

    def update(arn: str, old: Properties, new: Properties, *rest: Any) -> tuple[str, Attributes]:
        _, attributes = native["update"](_name(arn), old, new, *rest)
        return attributes["Arn"], attributes

    def delete(arn: str, properties: Properties) -> None:
        native["delete"](_name(arn), properties)

    handlers[SECRET] = {**native, "create": create, "update": update, "delete": delete}


def _name(arn: str) -> str:
    """The name that MiniStack files the secret under; of one that is gone, the ARN, which it does not find either."""
    return next((name for name, secret in secretsmanager._secrets.items() if secret["ARN"] == arn), arn)
