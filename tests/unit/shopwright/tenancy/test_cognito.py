"""A user pool, in memory and as Cognito keeps it: both pass the same tests."""

from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from shopwright.tenancy.cognito import Identities, IdentityUnavailable

from tests.fakes.identities import FakeIdentities


@pytest.fixture
def pool(aws: None) -> tuple[str, str]:
    pytest.importorskip("joserfc", reason="moto needs it to sign the tokens of its user pools: moto[cognitoidp]")
    cognito = boto3.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="shop")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="guests", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    return pool, client


@pytest.fixture(params=["memory", "cognito"])
def identities(request: pytest.FixtureRequest) -> Identities:
    if request.param == "memory":
        return FakeIdentities()
    pool, client = request.getfixturevalue("pool")
    return Identities(pool, guest_client=client)


def test_each_guest_gets_a_token_of_their_own(identities: Identities) -> None:
    first, second = identities.anonymous("guest-1"), identities.anonymous("guest-2")

    assert first.access_token
    assert first.access_token != second.access_token
    assert first.expires_in > 0
    assert first.access_token not in repr(first)


def test_a_guest_can_sign_out_although_no_user_is_left(identities: Identities) -> None:
    identities.anonymous("guest-1")

    identities.sign_out("guest-1")


def test_a_guest_who_comes_back_gets_another_token(pool: tuple[str, str]) -> None:
    identities, cognito = Identities(pool[0], guest_client=pool[1]), boto3.client("cognito-idp")
    first = identities.anonymous("guest-1")
    cognito.admin_create_user(UserPoolId=pool[0], Username="guest-1")  # as if its removal had failed

    second = identities.anonymous("guest-1")

    assert second.access_token != first.access_token
    assert cognito.list_users(UserPoolId=pool[0])["Users"] == []


def test_guests_leave_no_user_behind(pool: tuple[str, str]) -> None:
    Identities(pool[0], guest_client=pool[1]).anonymous("guest-1")

    assert boto3.client("cognito-idp").list_users(UserPoolId=pool[0])["Users"] == []


def test_a_user_is_signed_out_everywhere(pool: tuple[str, str]) -> None:
    cognito = boto3.client("cognito-idp")
    cognito.admin_create_user(UserPoolId=pool[0], Username="ann", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool[0], Username="ann", Password="aA1!aA1!", Permanent=True)
    token = cognito.admin_initiate_auth(
        UserPoolId=pool[0],
        ClientId=pool[1],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "aA1!aA1!"},
    )["AuthenticationResult"]["AccessToken"]

    Identities(pool[0]).sign_out("ann")

    with pytest.raises(ClientError, match="NotAuthorized"):
        cognito.get_user(AccessToken=token)


class Refusing:
    """A Cognito that answers everything with one error, and remembers what it was asked."""

    def __init__(self, error: Exception, on: str) -> None:
        self.error = error
        self.on = on
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(**_: object) -> object:
            self.asked.append(name)
            if name == self.on:
                raise self.error
            return {}

        return call


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Any")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "error",
    [
        refusal("TooManyRequestsException"),
        refusal("InternalErrorException", 500),
        refusal("UserLambdaValidationException"),
        refusal("SomethingNew", 503),
        ReadTimeoutError(endpoint_url="https://cognito-idp.example"),
    ],
)
def test_what_passes_by_itself_may_be_tried_again(error: Exception) -> None:
    for act, on in (("anonymous", "admin_initiate_auth"), ("sign_out", "admin_user_global_sign_out")):
        cognito = Refusing(error, on)
        identities = Identities("pool", guest_client="client", cognito=cognito)  # type: ignore[arg-type]
        with pytest.raises(IdentityUnavailable):
            getattr(identities, act)("ann")


def test_a_mistake_of_ours_is_not_called_an_outage() -> None:
    cognito = Refusing(refusal("InvalidParameterException"), "admin_initiate_auth")

    with pytest.raises(ClientError):
        Identities("pool", guest_client="client", cognito=cognito).anonymous("guest-1")  # type: ignore[arg-type]


def test_a_user_who_got_no_token_is_removed_too() -> None:
    cognito = Refusing(refusal("TooManyRequestsException"), "admin_initiate_auth")

    with pytest.raises(IdentityUnavailable):
        Identities("pool", guest_client="client", cognito=cognito).anonymous("guest-1")  # type: ignore[arg-type]

    assert cognito.asked[-1] == "admin_delete_user"
