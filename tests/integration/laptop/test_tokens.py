"""A token says what the pre-token trigger says; a trigger that fails means no token."""

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import arn, function, integration, ref, role, template

NAMES_THE_SHOP = """
    def handler(event, context):
        if event["userName"] == "stranger" or "shop/refused" in event["request"].get("scopes", []):
            raise PermissionError("the password is swordfish")
        event["response"] = {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {
            "claimsToAddOrOverride": {"merchant_id": "kitchen"}, "scopesToAdd": ["shop/chat"]}}}
        return event
"""

TELLS_WHO_ASKS = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event["requestContext"]["authorizer"]["claims"])}
"""


@pytest.fixture(scope="module")
def outputs(laptop: Laptop) -> dict[str, str]:
    resources: dict[str, Any] = {
        "Role": role(),
        "Trigger": function(NAMES_THE_SHOP),
        "Asked": function(TELLS_WHO_ASKS),
        "Pool": {
            "Type": "AWS::Cognito::UserPool",
            "Properties": {
                "LambdaConfig": {
                    "PreTokenGenerationConfig": {"LambdaArn": arn("Trigger"), "LambdaVersion": "V3_0"},
                    "PreTokenGeneration": arn("Trigger"),
                }
            },
        },
        "Scopes": {
            "Type": "AWS::Cognito::UserPoolResourceServer",
            "Properties": {
                "UserPoolId": ref("Pool"),
                "Identifier": "shop",
                "Name": "shop",
                "Scopes": [{"ScopeName": "refused", "ScopeDescription": "the trigger fails"}],
            },
        },
        "Client": {
            "Type": "AWS::Cognito::UserPoolClient",
            "Properties": {"UserPoolId": ref("Pool"), "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]},
        },
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "guarded"}},
        "Authorizer": {
            "Type": "AWS::ApiGateway::Authorizer",
            "Properties": {
                "RestApiId": ref("Api"),
                "Name": "pool",
                "Type": "COGNITO_USER_POOLS",
                "IdentitySource": "method.request.header.Authorization",
                "ProviderARNs": [arn("Pool")],
            },
        },
        "Get": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": ref("Api"),
                "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "HttpMethod": "GET",
                "AuthorizationType": "COGNITO_USER_POOLS",
                "AuthorizerId": ref("Authorizer"),
                "AuthorizationScopes": ["shop/chat"],
                "Integration": {
                    "Type": "AWS_PROXY",
                    "IntegrationHttpMethod": "POST",
                    "Uri": integration("Asked"),
                },
            },
        },
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["Get"],
            "Properties": {"RestApiId": ref("Api")},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"RestApiId": ref("Api"), "DeploymentId": ref("Deployment"), "StageName": "live"},
        },
    }
    return laptop.deploy("tokens", template(resources, {name: ref(name) for name in ("Pool", "Client", "Api")}))


def sign_in(laptop: Laptop, outputs: dict[str, str], user: str) -> str:
    cognito = laptop.client("cognito-idp")
    password = "Swordfish-9"
    cognito.admin_create_user(UserPoolId=outputs["Pool"], Username=user, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=outputs["Pool"], Username=user, Password=password, Permanent=True)
    token: str = cognito.admin_initiate_auth(
        UserPoolId=outputs["Pool"],
        ClientId=outputs["Client"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )["AuthenticationResult"]["AccessToken"]
    return token


def ask(laptop: Laptop, outputs: dict[str, str], token: str) -> tuple[int, Any]:
    status, text = laptop.call(
        "GET", f"/_aws/execute-api/{outputs['Api']}/live/", headers={"Authorization": f"Bearer {token}"}
    )
    return status, json.loads(text)


def test_the_triggers_claim_and_scope_reach_the_function(laptop: Laptop, outputs: dict[str, str]) -> None:
    status, claims = ask(laptop, outputs, sign_in(laptop, outputs, "guest-1"))
    assert status == 200
    assert (claims["merchant_id"], claims["username"]) == ("kitchen", "guest-1")
    assert "shop/chat" in claims["scope"].split()


def test_a_failing_trigger_means_no_token(laptop: Laptop, outputs: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refusal:
        sign_in(laptop, outputs, "stranger")
    assert refusal.value.response["Error"]["Code"] == "UserLambdaValidationException"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "swordfish" not in str(refusal.value.response)


def test_a_failing_trigger_means_no_token_for_a_machine_either(laptop: Laptop, outputs: dict[str, str]) -> None:
    client = laptop.client("cognito-idp").create_user_pool_client(
        UserPoolId=outputs["Pool"],
        ClientName="machine",
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["shop/refused"],
    )["UserPoolClient"]
    login = base64.b64encode(f"{client['ClientId']}:{client['ClientSecret']}".encode()).decode()
    status, text = laptop.call(
        "POST",
        "/oauth2/token",
        b"grant_type=client_credentials&scope=shop/refused",
        {"Authorization": f"Basic {login}", "content-type": "application/x-www-form-urlencoded"},
    )
    assert (status, json.loads(text)["error"]) == (400, "invalid_request")
    assert "swordfish" not in text


def test_the_authorizer_goes_on_believing_a_token_whose_user_is_gone(laptop: Laptop, outputs: dict[str, str]) -> None:
    """So does AWS: which is why our own check of the membership comes after it."""
    token = sign_in(laptop, outputs, "guest-2")
    laptop.client("cognito-idp").admin_delete_user(UserPoolId=outputs["Pool"], Username="guest-2")
    assert ask(laptop, outputs, token)[0] == 200
