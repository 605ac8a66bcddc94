"""The vault over the laptop's own KMS and DynamoDB: what it seals comes back, to its merchant, until it is erased."""

import pytest
from shopwright.privacy.dynamodb import PersonalTable
from shopwright.privacy.kms import DataKeys
from shopwright.privacy.redact import Kind
from shopwright.privacy.vault import Erased, NotYours, Vault, document
from shopwright.tenancy.tenant import Tenant

from tests.integration.laptop.launcher import Laptop

OUTDOOR, KITCHEN = Tenant("outdoor"), Tenant("kitchen")
CANARY = "canary.ann@example.com"


@pytest.fixture(scope="module")
def table(laptop: Laptop) -> PersonalTable:
    dynamodb = laptop.client("dynamodb")
    dynamodb.create_table(
        TableName="vault",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in ("merchant_id", "item")],
        KeySchema=[
            {"AttributeName": "merchant_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
    )
    return PersonalTable("vault", dynamodb)


@pytest.fixture(scope="module")
def vault(laptop: Laptop, table: PersonalTable) -> Vault:
    kms = laptop.client("kms")
    return Vault(table, DataKeys(kms.create_key()["KeyMetadata"]["KeyId"], kms))


def test_a_value_comes_back_until_it_is_erased_and_no_byte_of_it_lies_there(laptop: Laptop, vault: Vault) -> None:
    token = vault.keeper(OUTDOOR, document("d-1"))(Kind.EMAIL, CANARY)

    assert vault.keeper(OUTDOOR, document("d-1"))(Kind.EMAIL, CANARY) == token
    assert vault.restore(OUTDOOR, token).value == CANARY
    assert "canary" not in str(laptop.client("dynamodb").scan(TableName="vault")["Items"])
    assert vault.shred(OUTDOOR, document("d-1")) == 1
    with pytest.raises(Erased):
        vault.restore(OUTDOOR, token)


def test_rows_that_were_moved_to_another_merchant_stay_closed(table: PersonalTable, vault: Vault) -> None:
    token = vault.keeper(OUTDOOR, document("d-2"))(Kind.EMAIL, CANARY)
    mine, theirs = table.of(OUTDOOR), table.of(KITCHEN)
    for item in [*mine.below("scope#"), *mine.below("token#")]:
        row = mine.get(item)
        assert row is not None
        theirs.put(item, row)

    with pytest.raises(NotYours):
        vault.restore(KITCHEN, token)
