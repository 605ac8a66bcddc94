"""What people look at: dashboards, which change without touching the service."""

from aws_cdk import Stack
from constructs import Construct

from cdk.dashboards.operations import operations
from cdk.stacks.service import Service
from cdk.stages import Stage


class Watch(Stack):
    """Alarms live beside what they watch; here is the picture of all of it.

    It names what it shows and imports nothing: an import would forbid the service to drop a function.
    """

    def __init__(self, scope: Construct, name: str, *, stage: Stage, service: Service) -> None:
        super().__init__(
            scope,
            name,
            stack_name=stage.resource("watch"),
            description="Shopwright: dashboards.",
        )
        operations(self, stage=stage, functions=service.functions)
        self.add_stack_dependency(service)
