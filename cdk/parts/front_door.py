"""The HTTPS door: one REST API whose routes need a token with a scope, unless they say that they are public."""

import json
from collections.abc import Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.parts.ground import Ground

STAGE = "live"

# No address, no user agent, no path with ids in it: who asked is in our own records, by pseudonym.
_ACCESS_RECORD = {
    "request_id": "$context.requestId",
    "trace_id": "$context.xrayTraceId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "integration_status": "$context.integration.status",
    "bytes": "$context.responseLength",
    "merchant_id": "$context.authorizer.claims.merchant_id",
}

# What the gateway says by itself, in the shape that our functions use. Each: status, error, message.
_REFUSALS: dict[str, tuple[apigateway.ResponseType, str | None, str, str]] = {
    "Unauthorized": (
        apigateway.ResponseType.UNAUTHORIZED,
        None,
        "NotSignedIn",
        "Sign in, with an account that may do this: the route needs a valid access token with its scope.",
    ),
    "AccessDenied": (apigateway.ResponseType.ACCESS_DENIED, None, "Denied", "This caller may not do this."),
    "ExpiredToken": (
        apigateway.ResponseType.EXPIRED_TOKEN,
        "401",
        "NotSignedIn",
        "Sign in again: the token has expired.",
    ),
    "BadBody": (apigateway.ResponseType.BAD_REQUEST_BODY, None, "Malformed", "The body is not a JSON object."),
    "BadParameters": (
        apigateway.ResponseType.BAD_REQUEST_PARAMETERS,
        None,
        "Malformed",
        "A required parameter is missing.",
    ),
    "NoRoute": (apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, "404", "NotFound", "There is no such route."),
    "Throttled": (
        apigateway.ResponseType.THROTTLED,
        None,
        "Exhausted",
        "Too many requests: wait a moment and try again.",
    ),
    "TooLarge": (apigateway.ResponseType.REQUEST_TOO_LARGE, None, "TooLarge", "The request is too large."),
    "TimedOut": (apigateway.ResponseType.INTEGRATION_TIMEOUT, None, "Unavailable", "This took too long: try again."),
    "Failed": (
        apigateway.ResponseType.INTEGRATION_FAILURE,
        None,
        "Unavailable",
        "The service did not answer: try again.",
    ),
    "Default4xx": (apigateway.ResponseType.DEFAULT_4_XX, None, "Refused", "The request was refused."),
    "Default5xx": (apigateway.ResponseType.DEFAULT_5_XX, None, "Unavailable", "The service failed: try again."),
}

_LOG_WRITER = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
# Routes that anybody can call and that cost us something each time get less than the stage as a whole.
_OWN_LIMITS = {"/v1/webhooks/{gateway}/{merchant}/POST": (50, 100)}  # requests a second, burst
_HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"]


class FrontDoor(Construct):
    """Routes are added by the capabilities that answer them. `pages` are origins of our own, beside the merchants'."""

    def __init__(
        self, scope: Construct, name: str, *, ground: Ground, pool: cognito.UserPool, pages: Sequence[str] = ()
    ) -> None:
        super().__init__(scope, name)
        self.behind: list[lambda_.Function] = []  # what answers to verified callers
        stage = ground.stage
        removal = RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY
        self._access_records = logs.LogGroup(
            self,
            "AccessRecords",
            log_group_name=f"/shopwright/{stage.name}/api-access",
            retention=stage.log_retention,
            removal_policy=removal,
        )
        self.account = self._let_the_gateway_log()
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=stage.resource("api"),
            description=f"Shopwright {stage.name}: the shop assistant.",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=stage.requests_per_second,
                throttling_burst_limit=stage.burst,
                tracing_enabled=True,
                metrics_enabled=True,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                method_options={
                    route: apigateway.MethodDeploymentOptions(
                        throttling_rate_limit=rate,
                        throttling_burst_limit=burst,
                        metrics_enabled=True,
                        logging_level=apigateway.MethodLoggingLevel.ERROR,
                        data_trace_enabled=False,
                    )
                    for route, (rate, burst) in _OWN_LIMITS.items()
                },
                access_log_destination=apigateway.LogGroupLogDestination(self._access_records),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_RECORD)),
            ),
            default_cors_preflight_options=apigateway.CorsOptions(
                allow_origins=[*stage.origins, *pages],
                allow_methods=["GET", "POST", "PUT", "DELETE"],
                allow_headers=_HEADERS,
                expose_headers=["X-Request-Id", "Retry-After"],
                max_age=Duration.hours(1),
            ),
        )
        self.api.node.try_remove_child("Endpoint")  # CDK's own output; the stack's outputs say it by our name
        self.api.deployment_stage.node.add_dependency(self.account)
        self.host = f"{self.api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"
        self._authorizer = apigateway.CognitoUserPoolsAuthorizer(
            self, "Members", cognito_user_pools=[pool], results_cache_ttl=Duration.minutes(5)
        )
        self._parameters = self._validator("Parameters", body=False)
        self._bodies = self._validator("Bodies", body=True)
        self._object = self.api.add_model(
            "Object",
            content_type="application/json",
            description="Any JSON object: its fields are the function's business.",
            schema=apigateway.JsonSchema(type=apigateway.JsonSchemaType.OBJECT),
        )
        self._speak_our_errors()
        acknowledge(
            self.api.deployment_stage,
            {
                "AwsSolutions-APIG3": "The web application firewall comes with the security work; until then the stage "
                "throttles, and every route but four needs a token.",
            },
        )

    def route(
        self,
        verb: str,
        path: str,
        function: lambda_.Function,
        *,
        scope: str | None,
        body: bool = False,
        parameters: Sequence[str] = (),
    ) -> apigateway.Method:
        """Let the function answer this route. `scope` is what its token must hold; None makes it public, with a reason.

        `parameters` are the optional query parameters; whatever else is sent does not reach a cache key or a log.
        """
        if scope and function not in self.behind:
            self.behind.append(function)
        resource = self.api.root.resource_for_path(path)
        required = {f"method.request.path.{part[1:-1]}": True for part in path.split("/") if part.startswith("{")}
        optional = {f"method.request.querystring.{parameter}": False for parameter in parameters}
        return resource.add_method(
            verb,
            apigateway.LambdaIntegration(
                function,
                allow_test_invoke=False,
                scope_permission_to_method=False,  # one for all of its routes: a stack holds 500 resources
                timeout=Duration.seconds(29),
            ),
            authorizer=self._authorizer if scope else None,
            authorization_type=apigateway.AuthorizationType.COGNITO if scope else apigateway.AuthorizationType.NONE,
            authorization_scopes=[scope] if scope else None,
            request_validator=self._bodies if body else self._parameters,
            request_models={"application/json": self._object} if body else None,
            request_parameters={**required, **optional},
        )

    def _validator(self, name: str, *, body: bool) -> apigateway.RequestValidator:
        return self.api.add_request_validator(name, validate_request_parameters=True, validate_request_body=body)

    def _let_the_gateway_log(self) -> apigateway.CfnAccount:
        """The one role that API Gateway writes logs with in this account and region."""
        role = iam.Role(
            self,
            "LogWriter",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_LOG_WRITER)],
        )
        acknowledge(
            role,
            {
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_LOG_WRITER}]": "API Gateway accepts "
                "a role for its logs only when it has the rights of exactly this managed policy.",
            },
        )
        return apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)

    def _speak_our_errors(self) -> None:
        for name, (kind, status, error, message) in _REFUSALS.items():
            self.api.add_gateway_response(
                name,
                type=kind,
                status_code=status,
                response_headers={
                    "x-request-id": "context.requestId",
                    # These bodies hold nothing of anyone, so any page may read why it was refused.
                    "Access-Control-Allow-Origin": "'*'",
                },
                templates={
                    "application/json": json.dumps(
                        {"error": error, "message": message, "request_id": "$context.requestId"}
                    )
                },
            )
