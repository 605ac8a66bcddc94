"""A state machine from its file in statemachines/, bound to our functions by name."""

import re
from collections.abc import Mapping, Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from cdk.parts import places
from cdk.parts.acknowledge import acknowledge
from cdk.parts.capability_function import CapabilityFunction
from cdk.stages import Stage

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9]+)\}")


def pascal(name: str) -> str:
    """`ingest-parse` → `IngestParse`."""
    return "".join(word.capitalize() for word in name.split("-"))


class AslStateMachine(stepfunctions.StateMachine):
    """Binds `${IngestParseArn}` to the step `ingest-parse`, and the rest to `substitutions`.

    A placeholder that nothing binds, and a step that the file never calls, stop synthesis.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        steps: Sequence[CapabilityFunction],
        substitutions: Mapping[str, str] | None = None,
    ) -> None:
        path = places.STATEMACHINES / f"{name}.asl.json"
        bound = {f"{pascal(step.folder)}Arn": step.function_arn for step in steps} | dict(substitutions or {})
        asked = set(_PLACEHOLDER.findall(path.read_text(encoding="utf-8")))
        if asked != bound.keys():
            raise ValueError(
                f"{path.name}: nothing binds {sorted(asked - bound.keys())}, "
                f"and nothing uses {sorted(bound.keys() - asked)}."
            )
        home = Construct(scope, name)
        records = logs.LogGroup(
            home,
            "Records",
            # Step Functions' own prefix: with it, its log delivery needs no growing resource policy.
            log_group_name=f"/aws/vendedlogs/states/{stage.resource(name)}",
            retention=stage.log_retention,
            removal_policy=RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY,
        )
        role = iam.Role(home, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[step.function_arn for step in steps])
        )
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "X-Ray's put actions and the log delivery actions of Step Functions "
                "take no resource.",
            },
        )
        super().__init__(
            home,
            "Machine",
            state_machine_name=stage.resource(name),
            state_machine_type=stepfunctions.StateMachineType.STANDARD,
            definition_body=stepfunctions.DefinitionBody.from_file(str(path)),
            definition_substitutions=bound,
            role=role,
            tracing_enabled=True,
            logs=stepfunctions.LogOptions(
                destination=records, level=stepfunctions.LogLevel.ERROR, include_execution_data=False
            ),
        )
        self.deployed = stage.resource(name)
        acknowledge(
            self,
            {
                "AwsSolutions-SF1": "Only errors are logged, and without data: an event carries a merchant's file "
                "names, and the execution history already holds the order of steps.",
            },
        )
