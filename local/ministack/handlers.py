"""This file changes when MiniStack changes how it calls its CloudFormation resource handlers."""

from collections.abc import Callable
from typing import Any

Properties = dict[str, Any]
Attributes = dict[str, Any]
Handlers = dict[str, dict[str, Any]]


def before(handlers: Handlers, resource_type: str, change: Callable[[Properties], Properties]) -> None:
    """Let `change` rewrite a type's properties before MiniStack creates or updates it."""
    native = handlers[resource_type]

    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Attributes]:
        answer: tuple[str, Attributes] = native["create"](logical_id, change(properties), stack)
        return answer

    def update(physical_id: str, old: Properties, new: Properties, *rest: Any) -> tuple[str, Attributes]:
        answer: tuple[str, Attributes] = native["update"](physical_id, change(old), change(new), *rest)
        return answer

    handlers[resource_type] = {**native, "create": create, **({"update": update} if "update" in native else {})}


def after(handlers: Handlers, resource_type: str, correct: Callable[[str, Properties], Attributes]) -> None:
    """Let `correct` see each created or updated resource of a type, and override the attributes it returns."""
    native = handlers[resource_type]

    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Attributes]:
        physical_id, attributes = native["create"](logical_id, properties, stack)
        return physical_id, {**attributes, **correct(physical_id, properties)}

    def update(physical_id: str, old: Properties, new: Properties, *rest: Any) -> tuple[str, Attributes]:
        physical_id, attributes = native["update"](physical_id, old, new, *rest)
        return physical_id, {**attributes, **correct(physical_id, new)}

    handlers[resource_type] = {**native, "create": create, **({"update": update} if "update" in native else {})}
