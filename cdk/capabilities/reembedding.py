"""Everything that exists because an embedding model gets a successor: passages are embedded anew while it answers."""

from constructs import Construct

from cdk.parts.alarms import MINUTE
from cdk.parts.asl_state_machine import AslStateMachine
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.grants import use_database
from cdk.parts.ground import Ground
from cdk.parts.layers import MORE_MODELS


class Reembedding(Construct):
    """One execution per merchant: reembed until nothing is lacking, then switch-model. `make reembed` starts it."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground) -> None:
        super().__init__(scope, name)

        reembed = CapabilityFunction(
            self,
            "reembed",
            ground,
            layers=("common", "models"),
            timeout_s=180,
            memory_mb=2048,
            environment={"MORE_MODELS": MORE_MODELS},
            in_network=True,
        )
        switch = CapabilityFunction(
            self,
            "switch-model",
            ground,
            layers=("common", "models"),
            timeout_s=60,
            memory_mb=1024,
            environment={"MORE_MODELS": MORE_MODELS},
            in_network=True,
        )
        for function in (reembed, switch):
            use_database(function, ground.data)
        self.machine = AslStateMachine(self, "reembedding", stage=ground.stage, steps=[reembed, switch])

        ground.alarms.on(
            self,
            "FailedExecutions",
            self.machine.metric_failed(period=MINUTE),
            above=0,
            says="Passages could not be embedded anew; the model before goes on answering (runbooks/reembedding.md).",
        )
        self.functions = (reembed, switch)
