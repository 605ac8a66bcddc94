"""A sample event meets the laptop's cloud as one of its own."""

import base64
import json

from local import addressed, merchants

OUTPUTS = {"DocumentsBucket": "documents-of-this-laptop"}


def token(merchant: str, role: merchants.Role) -> str:
    told = {"sub": "1", "merchant_id": merchant, "role": role, "iat": 1790000000, "cognito:groups": ["a"]}
    return ".".join(["head", base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("="), "signature"])


def sample(merchant: str) -> addressed.Event:
    return {
        "requestContext": {"authorizer": {"claims": {"merchant_id": merchant, "role": "shopper", "sub": "made-up"}}}
    }


def test_a_member_of_a_demo_shop_gets_the_claims_of_its_own_token() -> None:
    event = addressed.address(sample("outdoor"), OUTPUTS, token)

    assert event["requestContext"]["authorizer"]["claims"] == {
        "sub": "1",
        "merchant_id": "outdoor",
        "role": "shopper",
        "iat": "1790000000",
        "cognito:groups": '["a"]',
    }


def test_somebody_elses_claims_stay_as_they_are() -> None:
    assert addressed.address(sample("acme"), OUTPUTS, token) == sample("acme")


def test_an_event_without_a_caller_only_changes_its_bucket() -> None:
    event = {"Records": [{"body": '{"bucket": {"name": "shopwright-dev-documents"}}'}], "requestContext": None}

    assert addressed.address(event, OUTPUTS, token) == {
        "Records": [{"body": '{"bucket": {"name": "documents-of-this-laptop"}}'}],
        "requestContext": None,
    }
