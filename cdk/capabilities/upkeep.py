"""Everything that keeps the service itself in order: is it alive, and is its database up to date."""

import hashlib
import tomllib
from pathlib import Path

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from cdk.parts import places
from cdk.parts.acknowledge import acknowledge
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import database_address, read_secret, use_cache, use_database, use_table
from cdk.parts.ground import Ground

_NEXT_ROUND = (
    "The schedule calls it again, and it goes on from where it was; an alarm says when it fails several times in a row."
)


class Upkeep(Construct):
    """health answers for the dependencies; migrate brings the schema up to date at every deployment that changes it;
    refresh-views counts and tend-indexes keeps the indexes, each on its schedule."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor) -> None:
        super().__init__(scope, name)
        data = ground.data

        health = CapabilityFunction(
            self,
            "health",
            ground,
            timeout_s=5,
            memory_mb=512,
            environment={"SESSIONS_TABLE": data.sessions.table_name},
            in_network=True,
        )
        use_database(health, data, as_tenant=False)
        use_cache(health, data)
        use_table(health, data.sessions, "GetItem")
        for path in ("/v1/health", "/v1/ready"):
            public = door.route("GET", path, health, scope=None)
            acknowledge(
                public,
                dict.fromkeys(
                    ("AwsSolutions-APIG4", "AwsSolutions-COG4"),
                    "Load balancers and probes ask without a token; the answer says which dependency is up "
                    "and nothing about anyone.",
                ),
            )

        migrate = CapabilityFunction(
            self,
            "migrate",
            ground,
            timeout_s=300,
            memory_mb=512,
            environment={
                **database_address(data),
                "DATABASE_MASTER_SECRET_ARN": data.master_secret.secret_arn,
                "DATABASE_SECRET_ARN": data.database_secret.secret_arn,
                "DATABASE_UPKEEP_SECRET_ARN": data.upkeep_secret.secret_arn,
                "TENANT_KEY_SECRET_ARN": data.tenant_key_secret.secret_arn,
            },
            in_network=True,
            failures="CloudFormation learns of a failure at the answer's address and rolls back; when no answer comes "
            "it does so after the service timeout.",
        )
        for secret in (data.master_secret, data.database_secret, data.upkeep_secret, data.tenant_key_secret):
            read_secret(migrate, secret)
        self.migrations = CustomResource(
            self,
            "Migrations",
            # The function itself, which answers CloudFormation: a provider framework would add three functions.
            service_token=migrate.function_arn,
            service_timeout=Duration.minutes(6),
            resource_type="Custom::Migrations",
            properties={"Digest": digest(places.MIGRATIONS), "Models": shipped(places.MODELS)},
        )
        self.migrations.node.add_dependency(migrate)  # its role's policy too, or it would start without its rights

        refresh = CapabilityFunction(
            self, "refresh-views", ground, timeout_s=300, memory_mb=256, in_network=True, failures=_NEXT_ROUND
        )
        use_database(refresh, data, as_tenant=False)
        self._every(refresh, Duration.minutes(15), "Count again what merchants' statistics show.")

        tend = CapabilityFunction(
            self,
            "tend-indexes",
            ground,
            timeout_s=900,
            memory_mb=512,
            environment={
                **database_address(data),
                "DATABASE_UPKEEP_SECRET_ARN": data.upkeep_secret.secret_arn,
            },
            in_network=True,
            failures=_NEXT_ROUND,
        )
        read_secret(tend, data.upkeep_secret)
        self._every(tend, Duration.hours(6), "Tend the vector indexes.")
        ground.alarms.on(
            tend,
            "Forgetful",
            cloudwatch.Metric(
                namespace="Shopwright",
                metric_name="IndexRecallLost",
                dimensions_map={"service": "tend-indexes"},
                statistic="Maximum",
                period=Duration.hours(6),
            ),
            above=0.05,
            says="A vector index finds less than 95 % of what an exact search finds, and building it anew did not cure "
            "it. See docs/runbooks/indexes.md.",
        )
        for function in (refresh, tend):
            ground.alarms.on(
                function,
                "Failing",
                function.metric_errors(period=Duration.hours(6), statistic="Sum"),
                above=2,
                says=f"{function.folder} has failed more than twice in six hours. Its log says why.",
            )

        self.functions = (health, migrate, refresh, tend)

    def _every(self, function: CapabilityFunction, often: Duration, why: str) -> None:
        rule = events.Rule(
            function,
            "Schedule",
            description=why,
            schedule=events.Schedule.rate(often),
            targets=[targets.LambdaFunction(function, retry_attempts=0)],
        )
        acknowledge(
            rule, {"Serverless-EventBusDLQ": "A tick holds nothing: one that is lost is made good by the next one."}
        )


def shipped(models: Path) -> list[dict[str, str | int]]:
    """The embedding models of the layer, as the migrations make them known."""
    said = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(models.glob("*/weights.toml"))]
    return [{name: one[name] for name in ("name", "sha256", "dimensions")} for one in said]


def digest(migrations: Path) -> str:
    """One hash of every migration: CloudFormation calls migrate again when it changes."""
    files = sorted(migrations.rglob("*.sql"))
    if not files:
        raise FileNotFoundError(f"There are no migrations in {migrations}.")
    hashed = hashlib.sha256()
    for path in files:
        hashed.update(path.relative_to(migrations).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return hashed.hexdigest()
