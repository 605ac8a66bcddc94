"""Tokens: who gets one, for how long, and who writes what is in it."""

from tests.cdk.assembly import Assembly


def test_a_users_merchant_is_no_attribute_of_the_user(cloud: Assembly) -> None:
    (pool,) = cloud.all("AWS::Cognito::UserPool")

    assert "Schema" not in pool.properties
    assert "merchant" not in str(pool.properties).lower()


def test_nobody_signs_up_by_themselves(cloud: Assembly) -> None:
    (pool,) = cloud.all("AWS::Cognito::UserPool")

    assert pool.properties["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


def test_the_membership_table_writes_the_claims_of_every_token(cloud: Assembly) -> None:
    (pool,) = cloud.all("AWS::Cognito::UserPool")
    trigger = pool.properties["LambdaConfig"]

    assert trigger.keys() == {"PreTokenGenerationConfig"}
    assert trigger["PreTokenGenerationConfig"]["LambdaVersion"] == "V3_0"
    assert cloud.label("Service", trigger["PreTokenGenerationConfig"]["LambdaArn"]) == cloud.function("pre-token").path
    assert pool.properties["UserPoolTier"] in {"ESSENTIALS", "PLUS"}, "V3 triggers need one of these"


def test_the_scopes_of_our_routes_exist(cloud: Assembly) -> None:
    (server,) = cloud.all("AWS::Cognito::UserPoolResourceServer")
    scopes = {f"{server.properties['Identifier']}/{scope['ScopeName']}" for scope in server.properties["Scopes"]}

    ours = ("chat", "documents", "orders", "handovers", "statistics", "restore", "erase")
    assert scopes == {f"shop/{scope}" for scope in ours}


def test_a_guest_is_gone_after_fifteen_minutes_and_cannot_refresh(cloud: Assembly) -> None:
    guest = cloud.one("Service/Members/Pool/Guest").properties

    assert guest["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    assert (guest["AccessTokenValidity"], guest["TokenValidityUnits"]["AccessToken"]) == (15, "minutes")


def test_no_client_lets_a_browser_send_a_password_or_hides_behind_a_secret(cloud: Assembly) -> None:
    clients = cloud.all("AWS::Cognito::UserPoolClient")

    assert len(clients) == 2
    for client in clients:
        flows = set(client.properties["ExplicitAuthFlows"])
        assert flows <= {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
        assert client.properties["GenerateSecret"] is False
        assert client.properties["PreventUserExistenceErrors"] == "ENABLED"
        assert client.properties["EnableTokenRevocation"] is True


def test_what_speaks_to_cognito_stands_outside_the_network(cloud: Assembly) -> None:
    for function in ("pre-token", "guests", "sign-out"):
        assert "VpcConfig" not in cloud.function(function).properties
