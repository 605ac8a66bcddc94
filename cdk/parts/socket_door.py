"""The door of open lines: one WebSocket API, opened by a ticket, whose every message goes to one function."""

import json

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.parts.front_door import FrontDoor
from cdk.parts.ground import Ground

STAGE = "live"

# As of the front door: nothing of who it was, and never the address, which has the ticket in it.
_ACCESS_RECORD = {
    "request_id": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "event": "$context.eventType",
    "route": "$context.routeKey",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "authorizer_status": "$context.authorizer.status",
    "integration_ms": "$context.integrationLatency",
    "integration_status": "$context.integration.status",
    "connection_id": "$context.connectionId",
    "merchant_id": "$context.authorizer.merchant_id",
}


class SocketDoor(Construct):
    """`url` is where shoppers open a socket, `management_url` where functions send to one."""

    def __init__(
        self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor, admission: lambda_.IFunction
    ) -> None:
        super().__init__(scope, name)
        stage = ground.stage
        self._admission = admission
        self.api = apigateway.WebSocketApi(
            self,
            "Api",
            api_name=stage.resource("sockets"),
            description=f"Shopwright {stage.name}: answers as they come.",
            route_selection_expression="$request.body.action",
        )
        live = apigateway.WebSocketStage(
            self,
            "Stage",
            web_socket_api=self.api,
            stage_name=STAGE,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=stage.requests_per_second, burst_limit=stage.burst),
            detailed_metrics_enabled=True,
        )
        records = logs.LogGroup(
            self,
            "AccessRecords",
            log_group_name=f"/shopwright/{stage.name}/socket-access",
            retention=stage.log_retention,
            removal_policy=RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY,
        )
        settings = live.node.default_child
        if not isinstance(settings, apigateway.CfnStage):
            raise TypeError("A WebSocket stage is no longer what CDK makes of it.")
        settings.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=records.log_group_arn, format=json.dumps(_ACCESS_RECORD)
        )
        settings.add_property_override("DefaultRouteSettings.LoggingLevel", "ERROR")
        settings.add_property_override("DefaultRouteSettings.DataTraceEnabled", False)
        settings.node.add_dependency(door.account)
        self.host = f"{self.api.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"
        self.url = f"wss://{self.host}/{STAGE}"
        self.management_url = f"https://{self.host}/{STAGE}"

    def answered_by(self, function: lambda_.IFunction) -> None:
        """Let the function have every socket's beginning, messages and end. None begins without a ticket."""
        self.api.add_route(
            "$connect",
            integration=integrations.WebSocketLambdaIntegration("Opened", function),
            authorizer=authorizers.WebSocketLambdaAuthorizer(
                "Tickets", self._admission, identity_source=["route.request.querystring.ticket"]
            ),
        )
        for route, name in (("$default", "Said"), ("$disconnect", "Left")):
            added = self.api.add_route(route, integration=integrations.WebSocketLambdaIntegration(name, function))
            acknowledge(
                added,
                {
                    "AwsSolutions-APIG4": "A WebSocket API authorizes $connect alone; what follows comes by "
                    "the socket that it opened."
                },
            )

    def let_send(self, function: lambda_.Function, *verbs: str) -> None:
        """Let the function send to open sockets (POST), or close them (DELETE)."""
        function.add_environment("MANAGEMENT_URL", self.management_url)
        home = f"arn:{Aws.PARTITION}:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.api.api_id}/{STAGE}"
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["execute-api:ManageConnections"],
                resources=[f"{home}/{verb}/@connections/*" for verb in verbs],
            )
        )
        if function.role is None:
            raise ValueError(f"{function.node.path} has no role.")
        found = "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>"
        api = Stack.of(self).resolve(self.api.api_id)["Ref"]
        acknowledge(
            function.role,
            {
                f"{found}:<{api}>/{STAGE}/{verb}/@connections/*]": f"{function.node.path} sends to whoever has a "
                "socket open, and API Gateway makes up their connection ids."
                for verb in verbs
            },
        )
