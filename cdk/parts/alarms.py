"""Whom to wake, and the one shape that every alarm has."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.stages import Stage

MINUTE = Duration.minutes(1)


class Alarms(Construct):
    """A topic that operators subscribe to. Alarms are declared by the capability that they watch."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage) -> None:
        super().__init__(scope, name)
        key = kms.Key(
            self,
            "Key",
            description=f"Shopwright {stage.name}: messages to operators.",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY,
        )
        # Without this an alarm's message is lost in silence: CloudWatch cannot encrypt it.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        self.topic = sns.Topic(
            self, "Topic", display_name=f"Shopwright {stage.name}: alarms", master_key=key, enforce_ssl=True
        )

        # A policy of our own (TLS only) takes the place of the default one, which let the account's alarms in.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def on(
        self,
        scope: Construct,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        above: float,
        says: str,
        minutes: int = 1,
    ) -> cloudwatch.Alarm:
        """Wake an operator when the metric stays above the threshold for that many periods. No data is good news."""
        alarm = cloudwatch.Alarm(
            scope,
            name,
            metric=metric,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=minutes,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=says,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm
