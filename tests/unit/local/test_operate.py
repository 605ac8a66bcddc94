"""An operator who misspells a shop is told so, before anything is done and not after nothing was."""

from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
import pytest
from shopwright.tenancy.branding import Branding, Shopfront
from shopwright.tenancy.dynamodb import Shopfronts
from shopwright.tenancy.tenant import Tenant

from local import audit, operate, reembed, terminal, webhooks
from local.operate import Service


class Deployed(Service):
    """A service with a table of members and a bucket. Nobody's audit trail is as whole as any."""

    def call(self, function: str, event: object) -> Any:
        assert (function, event) == ("verify-audit", {"merchant_id": "nobody"})
        return {"whole": True, "trails": [{"merchant_id": "nobody", "entries": 0, "findings": []}]}


@pytest.fixture
def service(aws: None) -> Service:
    boto3.client("dynamodb").create_table(
        TableName="members",
        KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    boto3.client("s3").create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return Deployed(boto3.Session(), None, {"MembersTable": "members", "DocumentsBucket": "documents"})


def has_branding(merchant: str) -> None:
    Shopfronts("members").put(Tenant(merchant), Shopfront(branding=Branding(name="Kitchen", currency="GBP")))


def has_a_member(merchant: str) -> None:
    row = {"subject": {"S": "user#ann"}, "merchant_id": {"S": merchant}}
    boto3.client("dynamodb").put_item(TableName="members", Item=row)


def has_dropped_something(merchant: str) -> None:
    boto3.client("s3").put_object(Bucket="documents", Key=f"documents/{merchant}/a.md", Body=b"words")


@pytest.mark.parametrize("trace", [has_branding, has_a_member, has_dropped_something])
def test_a_shop_is_known_by_what_it_shows_who_belongs_to_it_or_what_it_dropped(
    service: Service, trace: Callable[[str], None]
) -> None:
    trace("kitchen")

    assert operate.shop(service, "kitchen") == Tenant("kitchen")
    for nobody in ("nobody", "kitche", "kitchen-2", "Kitchen"):
        with pytest.raises(terminal.Stop):
            operate.shop(service, nobody)


@pytest.mark.parametrize(
    ("command", "given"),
    [
        (reembed.main, ["nobody", "next"]),
        (reembed.main, ["nobody", "next", "--back"]),
        (reembed.main, ["nobody", "next", "--forget"]),
        (webhooks.main, ["nobody"]),
        (audit.main, ["nobody"]),
    ],
)
def test_a_command_about_nobodys_shop_ends_with_a_word_about_it(
    service: Service, command: Any, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    has_dropped_something("kitchen")

    assert terminal.run(partial(command, given, find=lambda stage: service)) == 1
    said = capsys.readouterr()
    assert "There is no merchant nobody" in said.err
    assert said.out == ""
