"""What must never be lost: the database, the buckets, the tables, the keys and secrets; and the cache beside them."""

from typing import cast

from aws_cdk import ArnFormat, Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.stacks.network import CACHE_PORT, DATABASE_PORT, Network
from cdk.stages import Stage

DATABASE_NAME = "shopwright"
_OF_A_LOG_GROUP = ("Encrypt", "Decrypt", "ReEncryptTo", "ReEncryptFrom", "GenerateDataKey", "DescribeKey")
_ROTATION = (
    "This secret is rotated by our own rotate-secret function, which comes with the security work; "
    "until then operators rotate it by hand."
)


class Data(Stack):
    """Never destroyed: in a protected stage everything here is retained and the stack itself refuses deletion."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage, network: Network) -> None:
        super().__init__(
            scope,
            name,
            stack_name=stage.resource("data"),
            description="Shopwright: database, cache, buckets, tables, keys and secrets.",
            termination_protection=stage.protected,
        )
        self._stage = stage
        self._removal = RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY

        self.database_key = self._key("DatabaseKey", "the database and the cache")
        self.objects_key = self._key("ObjectsKey", "the buckets")
        self.tables_key = self._key("TablesKey", "the DynamoDB tables")
        self.secrets_key = self._key("SecretsKey", "the secrets")
        self.personal_key = self._key("PersonalKey", "the keys of personal data")
        self.audit_key = self._key("AuditKey", "the audit trail's log")
        self.audit_key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
                actions=[f"kms:{action}" for action in _OF_A_LOG_GROUP],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": Stack.of(self).format_arn(
                            service="logs",
                            resource="log-group",
                            resource_name=f"/aws/lambda/{stage.resource('record-audit')}",
                            arn_format=ArnFormat.COLON_RESOURCE_NAME,
                        )
                    }
                },
            )
        )

        self.master_secret = self._secret("DatabaseMaster", '{"username": "shopwright_master"}', "password", 40)
        self.database_secret = self._secret("DatabaseUser", '{"username": "shopwright_app"}', "password", 40)
        self.upkeep_secret = self._secret("DatabaseUpkeep", '{"username": "shopwright_upkeep"}', "password", 40)
        self.tenant_key_secret = self._secret("TenantKey", '{"kid": "k1"}', "key", 64)
        self.cache_secret = self._secret("CacheToken", "{}", "token", 64)
        self.warrant_key_secret = (
            self._secret("WarrantKey", '{"kid": "w1"}', "key", 64) if stage.orchestrator == "agentcore" else None
        )
        self.quote_key_secret = self._secret("QuoteKey", '{"kid": "q1"}', "key", 64)

        self.database = self._database(network)
        self.cache = self._cache(network)

        self._access_logs = self._access_log_bucket()
        self.documents = self._documents()
        self.quarantine = self._bucket(
            "Quarantine", lifecycle_rules=[s3.LifecycleRule(id="forget", expiration=Duration.days(90))]
        )
        self.artifacts = self._bucket(
            "Artifacts",
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="work-in-progress",
                    prefix="steps/",
                    expiration=Duration.days(3),
                    noncurrent_version_expiration=Duration.days(1),
                )
            ],
        )
        self.receipts = self._bucket(
            "Receipts",
            lifecycle_rules=[s3.LifecycleRule(id="old-versions", noncurrent_version_expiration=Duration.days(30))],
        )
        self.audit = self._bucket(
            "Audit",
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(Duration.days(stage.audit_days))
            if stage.audit_compliance
            else s3.ObjectLockRetention.governance(Duration.days(stage.audit_days)),
        )

        self.sessions = self._table("Sessions", partition="merchant_id", sort="item")
        self.sessions.add_global_secondary_index(  # of the heads alone: nothing else has an owner
            index_name="by_owner",
            partition_key=dynamodb.Attribute(name="owner", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="last_at", type=dynamodb.AttributeType.NUMBER),
        )
        self.carts = self._table("Carts", partition="merchant_id", sort="item")
        self.handovers = self._table("Handovers", partition="merchant_id", sort="item")
        self.handovers.add_global_secondary_index(
            index_name="by_pile",
            partition_key=dynamodb.Attribute(name="pile", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="at", type=dynamodb.AttributeType.NUMBER),
        )
        self.webhooks = self._table("Webhooks", partition="merchant_id", sort="item", recoverable=False)
        acknowledge(
            self.webhooks,
            {"AwsSolutions-DDB3": "A record of what came before: a gateway that is asked again tells it again."},
        )
        self.claims = self._table("Claims", partition="merchant_id", sort="item")
        self.circuits = self._table("Circuits", partition="circuit")
        self.members = self._table("Members", partition="subject")
        self.sockets = self._table("Sockets", partition="item", recoverable=False)
        acknowledge(
            self.sockets,
            {"AwsSolutions-DDB3": "Tickets and counters are over within the hour: none is worth bringing back."},
        )
        # Without a way back in time: a restored table would bring back the keys that an erasure has destroyed.
        self.personal = self._table("Personal", partition="merchant_id", sort="item", recoverable=False)
        acknowledge(
            self.personal,
            {"AwsSolutions-DDB3": "An erasure destroys keys in this table; point-in-time recovery would keep them."},
        )
        self.audit_heads = self._table("AuditHeads", partition="merchant_id")
        self.personal_records = self._table("PersonalRecords", partition="merchant_id", sort="item")
        self.ledger = self._table("Ledger", partition="merchant_id", sort="item")

    def _key(self, name: str, of: str) -> kms.Key:
        return kms.Key(
            self,
            name,
            description=f"Shopwright {self._stage.name}: {of}.",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )

    def _secret(self, name: str, template: str, generated: str, length: int) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            name,
            encryption_key=self.secrets_key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=template,
                generate_string_key=generated,
                password_length=length,
                exclude_punctuation=True,
            ),
            removal_policy=self._removal,
        )
        acknowledge(secret, {"AwsSolutions-SMG4": _ROTATION})
        return secret

    def _database(self, network: Network) -> rds.DatabaseCluster:
        stage = self._stage
        identifier = f"shopwright-{stage.name}"
        engine = rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_17_9)
        records = logs.LogGroup(
            self,
            "DatabaseRecords",
            log_group_name=f"/aws/rds/cluster/{identifier}/postgresql",
            retention=stage.log_retention,
            removal_policy=self._removal,
        )
        cluster = rds.DatabaseCluster(
            self,
            "Database",
            cluster_identifier=identifier,
            engine=engine,
            parameter_group=rds.ParameterGroup(
                self,
                "DatabaseParameters",
                engine=engine,
                description="TLS only, and exactly the connections that the stage's budget is computed from.",
                parameters={"max_connections": str(stage.max_connections), "rds.force_ssl": "1"},
            ),
            vpc=network.vpc,
            vpc_subnets=network.data_tier,
            security_groups=[network.database],
            port=DATABASE_PORT,
            credentials=rds.Credentials.from_secret(self.master_secret, "shopwright_master"),
            default_database_name=DATABASE_NAME,
            iam_authentication=True,
            serverless_v2_min_capacity=stage.aurora_min_acu,
            serverless_v2_max_capacity=stage.aurora_max_acu,
            writer=rds.ClusterInstance.serverless_v2("Writer", publicly_accessible=False),
            readers=[
                # Readers scale with the writer: a failover then lands on one that is warm.
                rds.ClusterInstance.serverless_v2(f"Reader{number}", scale_with_writer=True, publicly_accessible=False)
                for number in range(1, stage.readers + 1)
            ],
            storage_encrypted=True,
            storage_encryption_key=self.database_key,
            backup=rds.BackupProps(retention=Duration.days(stage.backup_days)),
            copy_tags_to_snapshot=True,
            cloudwatch_logs_exports=["postgresql"],
            deletion_protection=stage.protected,
            removal_policy=RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY,
        )
        cluster.node.add_dependency(records)  # else RDS makes the group itself, and it keeps its records for ever
        if not stage.protected:
            acknowledge(
                cluster,
                {"AwsSolutions-RDS10": "Only prod is protected from deletion: other stages are torn down and rebuilt."},
            )
        return cluster

    def _cache(self, network: Network) -> elasticache.CfnReplicationGroup:
        stage = self._stage
        subnets = elasticache.CfnSubnetGroup(
            self,
            "CacheSubnets",
            description="Where the cache lives.",
            subnet_ids=network.vpc.select_subnets(subnet_group_name="isolated").subnet_ids,
        )
        return elasticache.CfnReplicationGroup(
            self,
            "Cache",
            replication_group_description=f"Shopwright {stage.name}: answers and rate counters.",
            engine="valkey",
            engine_version="8.2",
            cache_parameter_group_name="default.valkey8.cluster.on",
            cluster_mode="enabled",
            cache_node_type=stage.cache_node,
            num_node_groups=stage.cache_shards,
            replicas_per_node_group=stage.cache_replicas,
            automatic_failover_enabled=True,
            multi_az_enabled=stage.cache_replicas > 0,
            port=CACHE_PORT,
            cache_subnet_group_name=subnets.ref,
            security_group_ids=[network.cache.security_group_id],
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            kms_key_id=self.database_key.key_arn,
            # A dynamic reference: CloudFormation reads the token at deployment, and no template ever holds it.
            auth_token=self.cache_secret.secret_value_from_json("token").unsafe_unwrap(),
            snapshot_retention_limit=0,  # a cache: what is lost is computed again
        )

    def _access_log_bucket(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3's log delivery cannot use a key of ours
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(id="forget", expiration=Duration.days(90))],
            removal_policy=self._removal,
        )

    def _bucket(
        self,
        name: str,
        *,
        lifecycle_rules: list[s3.LifecycleRule] | None = None,
        cors: list[s3.CorsRule] | None = None,
        object_lock_enabled: bool | None = None,
        object_lock_default_retention: s3.ObjectLockRetention | None = None,
    ) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            name,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.objects_key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            server_access_logs_bucket=self._access_logs,
            server_access_logs_prefix=f"{name.lower()}/",
            lifecycle_rules=[
                *(lifecycle_rules or []),
                s3.LifecycleRule(id="broken-uploads", abort_incomplete_multipart_upload_after=Duration.days(1)),
            ],
            cors=cors,
            object_lock_enabled=object_lock_enabled,
            object_lock_default_retention=object_lock_default_retention,
            removal_policy=self._removal,
        )
        self.export_value(bucket.bucket_arn, name=self.arn_export(bucket))
        return bucket

    def arn_export(self, bucket: s3.IBucket) -> str:
        """The name under which the bucket's ARN is exported: a chosen one, so that a grant's finding can be named."""
        return self._stage.resource(f"{bucket.node.id.lower()}-arn")

    def _documents(self) -> s3.Bucket:
        documents = self._bucket(
            "Documents",
            cors=[
                s3.CorsRule(
                    allowed_origins=list(self._stage.origins),
                    allowed_methods=[s3.HttpMethods.PUT, s3.HttpMethods.POST],
                    allowed_headers=["*"],
                    max_age=3600,
                )
            ],
            lifecycle_rules=[s3.LifecycleRule(id="old-versions", noncurrent_version_expiration=Duration.days(30))],
        )
        # The property itself: CDK's `event_bridge_enabled` would switch it on from a function of CDK's own.
        bucket = cast("s3.CfnBucket", documents.node.default_child)
        bucket.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)
        return documents

    def _table(self, name: str, *, partition: str, sort: str | None = None, recoverable: bool = True) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name,
            partition_key=dynamodb.Attribute(name=partition, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=sort, type=dynamodb.AttributeType.STRING) if sort else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=recoverable
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.tables_key,
            deletion_protection=self._stage.protected,
            removal_policy=self._removal,
        )
