"""Everything that keeps the service itself in order: is it alive, and is its database up to date."""

import hashlib
from pathlib import Path

from aws_cdk import CustomResource, Duration
from constructs import Construct

from cdk.parts import places
from cdk.parts.acknowledge import acknowledge
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import database_address, read_secret, use_cache, use_database, use_table
from cdk.parts.ground import Ground


class Upkeep(Construct):
    """health answers for the dependencies; migrate brings the schema up to date at every deployment that changes it."""

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
                "TENANT_KEY_SECRET_ARN": data.tenant_key_secret.secret_arn,
            },
            in_network=True,
            failures="CloudFormation learns of a failure at the answer's address and rolls back; when no answer comes "
            "it does so after the service timeout.",
        )
        for secret in (data.master_secret, data.database_secret, data.tenant_key_secret):
            read_secret(migrate, secret)
        self.migrations = CustomResource(
            self,
            "Migrations",
            # The function itself, which answers CloudFormation: a provider framework would add three functions.
            service_token=migrate.function_arn,
            service_timeout=Duration.minutes(6),
            resource_type="Custom::Migrations",
            properties={"Digest": digest(places.MIGRATIONS)},
        )
        self.migrations.node.add_dependency(migrate)  # its role's policy too, or it would start without its rights

        self.functions = (health, migrate)


def digest(migrations: Path) -> str:
    """One hash of every migration: CloudFormation calls migrate again when it changes."""
    files = sorted(migrations.rglob("*.sql"))
    if not files:
        raise FileNotFoundError(f"There are no migrations in {migrations}.")
    hashed = hashlib.sha256()
    for path in files:
        hashed.update(path.relative_to(migrations).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return hashed.hexdigest()
