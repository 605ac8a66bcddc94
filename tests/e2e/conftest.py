"""Who stands at the door: visitors of the demo shops on the laptop cloud, each with a token got as they get theirs."""

from collections.abc import Callable

import boto3
import pytest

from local import merchants
from local.api import Shop
from local.cloud import Cloud, Running
from local.deploy import REGION
from local.drop import drop, files
from local.merchants import DEMO
from tests.e2e.shop import Visitor
from tests.e2e.stores import Stores


@pytest.fixture(scope="session")
def visitor(laptop_cloud: Cloud, cloud: Running) -> Callable[[str, merchants.Role], Visitor]:
    def comes_in(merchant: str, role: merchants.Role) -> Visitor:
        token = merchants.token(cloud.outputs, cloud.gateway_url, merchant, role, instance=laptop_cloud.instance)
        return Visitor(cloud.api_url, token)

    return comes_in


@pytest.fixture(scope="session")
def stores(laptop_cloud: Cloud, cloud: Running) -> Stores:
    return Stores(laptop_cloud, cloud)


@pytest.fixture(scope="session")
def stocked(laptop_cloud: Cloud, cloud: Running) -> None:
    """The demo's documents, in the demo's shops."""
    for shop in ("outdoor", "kitchen", "electronics"):
        token = merchants.token(cloud.outputs, cloud.gateway_url, shop, "merchant", instance=laptop_cloud.instance)
        dropped = drop(Shop(cloud.api_url, token), files(DEMO / shop / "documents"))
        assert all(one.good for one in dropped), dropped


@pytest.fixture(scope="session")
def api_url(cloud: Running) -> str:
    return cloud.api_url


@pytest.fixture(scope="session")
def kitchen(visitor: Callable[[str, merchants.Role], Visitor]) -> Visitor:
    return visitor("kitchen", "merchant")


@pytest.fixture(scope="session")
def kitchen_shopper(visitor: Callable[[str, merchants.Role], Visitor]) -> Visitor:
    return visitor("kitchen", "shopper")


@pytest.fixture(scope="session")
def kitchen_guest(visitor: Callable[[str, merchants.Role], Visitor]) -> Visitor:
    return visitor("kitchen", "guest")


@pytest.fixture(scope="session")
def kitchen_machine(visitor: Callable[[str, merchants.Role], Visitor]) -> Visitor:
    return visitor("kitchen", "machine")


@pytest.fixture(scope="session")
def outdoor(visitor: Callable[[str, merchants.Role], Visitor]) -> Visitor:
    return visitor("outdoor", "merchant")


@pytest.fixture(scope="session")
def outdoor_shopper(visitor: Callable[[str, merchants.Role], Visitor]) -> Visitor:
    return visitor("outdoor", "shopper")


@pytest.fixture
def fresh_shopper(visitor: Callable[[str, merchants.Role], Visitor]) -> Visitor:
    """A shopper whom no other test needs, so that signing out hurts nobody."""
    return visitor("electronics", "shopper")


@pytest.fixture(scope="session")
def kitchen_id_token(laptop_cloud: Cloud, cloud: Running) -> str:
    """The ID token of kitchen's shopper: it says who one is, not what one may do."""
    user = merchants.shop("kitchen").users["shopper"]
    cognito = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION).client(
        "cognito-idp", endpoint_url=cloud.gateway_url, config=merchants.CLIENT
    )
    password = merchants.keys(laptop_cloud.instance).passwords[user]
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=cloud.outputs["UserPoolId"],
        ClientId=cloud.outputs["UserClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    return signed_in["AuthenticationResult"]["IdToken"]
