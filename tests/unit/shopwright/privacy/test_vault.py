"""What is masked can come back for those who may, for one merchant only, until it is erased. Held over both tables."""

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopwright.privacy import vault as rules
from shopwright.privacy.dynamodb import MerchantRows, PersonalTable, Records
from shopwright.privacy.kms import DataKeys
from shopwright.privacy.redact import Kind
from shopwright.privacy.redactor import PIIRedactor, Use
from shopwright.privacy.vault import Erased, NotAScope, NotYours, TokenUnknown, Vault, document, subject
from shopwright.tenancy.tenant import Tenant

from tests.fakes.personal import FakeDataKeys, FakePersonalTable

OUTDOOR, KITCHEN = Tenant("outdoor"), Tenant("kitchen")
CANARY = "canary.ann@example.com"
NOBODYS = "tok_" + "a" * 24


@dataclass
class House:
    """A vault with what is under it."""

    vault: Vault
    table: Any
    keys: Any

    def keep(self, tenant: Tenant = OUTDOOR, scope: str = "document:d-1", value: str = CANARY) -> str:
        return self.vault.keeper(tenant, scope)(Kind.EMAIL, value)


class RealTable(PersonalTable):
    """The real table, with what a test needs to look into it and to tamper with it."""

    def everything(self) -> dict[tuple[str, str], Any]:
        items = self._dynamodb.scan(TableName=self._table)["Items"]
        return {(str(i["merchant_id"]["S"]), str(i["item"]["S"])): i for i in items}

    def place(self, merchant: str, item: str, row: Any) -> None:
        self.of(Tenant(merchant)).put(item, row)


def make_table(name: str) -> Any:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in ("merchant_id", "item")],
        KeySchema=[
            {"AttributeName": "merchant_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
    )
    return dynamodb


@pytest.fixture(params=["fake", "real"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "fake":
        table: Any = FakePersonalTable()
        keys: Any = FakeDataKeys()
    else:
        request.getfixturevalue("aws")
        table = RealTable("personal", make_table("personal"))
        keys = DataKeys(boto3.client("kms").create_key()["KeyMetadata"]["KeyId"])
    return House(Vault(table, keys), table, keys)


def test_a_token_brings_back_what_it_stands_for(house: House) -> None:
    token = house.keep()

    assert rules.TOKEN.fullmatch(token)
    restored = house.vault.restore(OUTDOOR, token)
    assert (restored.kind, restored.value) == (Kind.EMAIL, CANARY)
    assert CANARY not in repr(restored)


def test_the_same_value_has_the_same_token_in_its_scope_and_nowhere_else(house: House) -> None:
    token = house.keep()

    assert house.keep(value=f" {CANARY.upper()} ") == token, "text stays joinable, however it is written"
    assert house.keep(scope="document:d-2") != token
    assert house.keep(KITCHEN) != token
    assert house.vault.keeper(OUTDOOR, "document:d-1")(Kind.NAME, CANARY) != token


def test_no_byte_of_a_value_lies_in_the_table(house: House) -> None:
    house.keep()

    held = str(house.table.everything())
    assert "canary" not in held
    assert "document:d-1" not in held  # "d-1" alone may be three bytes of chance


def test_another_merchant_has_no_use_for_a_token(house: House) -> None:
    token = house.keep()

    with pytest.raises(TokenUnknown):
        house.vault.restore(KITCHEN, token)


def test_another_merchant_cannot_read_rows_that_were_moved_to_it(house: House) -> None:
    token = house.keep()
    house.keep(KITCHEN)
    for (merchant, item), _ in list(house.table.everything().items()):
        if merchant == "outdoor":
            row = house.table.of(OUTDOOR).get(item)
            house.table.place("kitchen", item, row)

    with pytest.raises(NotYours):
        house.vault.restore(KITCHEN, token)


def test_a_sealed_value_put_under_a_key_of_ones_own_is_still_bound_to_its_merchant(house: House) -> None:
    """Even with the data key in hand: the merchant and the token are part of the seal."""
    token = house.keep()
    row = dict(house.table.of(OUTDOOR).get(f"token#{token}"))
    other = house.keep(value="someone@example.com")
    house.table.place("outdoor", f"token#{other}", row)

    with pytest.raises(NotYours):
        house.vault.restore(OUTDOOR, other)


def test_what_was_erased_never_comes_back_and_its_token_is_not_given_again(house: House) -> None:
    token, others = house.keep(), house.keep(scope="document:d-2")

    assert house.vault.shred(OUTDOOR, document("d-1")) == 1

    with pytest.raises(Erased):
        house.vault.restore(OUTDOOR, token)
    assert house.vault.restore(OUTDOOR, others).value == CANARY
    assert house.keep() != token, "the salt is gone: nobody can tell that it is the same value"
    with pytest.raises(Erased):
        house.vault.restore(OUTDOOR, token)


def test_erasure_leaves_no_key_and_no_sealed_value(house: House) -> None:
    house.keep(scope=subject("user#ann"))
    house.vault.shred(OUTDOOR, subject("user#ann"))

    left = house.table.everything()
    assert not any("#key#" in item for _, item in left)
    assert "sealed" not in str(left)


def test_erasing_again_or_what_never_was_is_no_harm(house: House) -> None:
    house.keep()

    assert [house.vault.shred(OUTDOOR, "document:d-1") for _ in range(2)] == [1, 0]
    assert house.vault.shred(OUTDOOR, "document:d-9") == 0
    assert house.vault.shred(KITCHEN, "document:d-1") == 0


def test_a_value_kept_while_its_scope_is_erased_cannot_be_read(house: House) -> None:
    keep = house.vault.keeper(OUTDOOR, "document:d-1")
    keep(Kind.EMAIL, CANARY)
    house.vault.shred(OUTDOOR, "document:d-1")

    late = keep(Kind.PHONE, "+44 20 7946 0958")

    with pytest.raises(Erased):
        house.vault.restore(OUTDOOR, late)


@pytest.mark.parametrize("token", ["", NOBODYS, "tok_", "tok_'; drop", "merchant", "scope#x", "tok_" + "A" * 24])
def test_what_is_no_token_of_ours_is_not_found(house: House, token: str) -> None:
    with pytest.raises(TokenUnknown):
        house.vault.restore(OUTDOOR, token)


@pytest.mark.parametrize("scope", ["", "document:", "session:1", "d-1", "document:a b"])
def test_a_scope_is_a_document_or_a_person(house: House, scope: str) -> None:
    with pytest.raises(NotAScope):
        house.vault.shred(OUTDOOR, scope)


def test_naming_and_reading_are_different_purposes_to_the_keys() -> None:
    keys = FakeDataKeys()
    vault = Vault(FakePersonalTable(), keys)  # type: ignore[arg-type]  # its twin in memory

    token = vault.keeper(OUTDOOR, "document:d-1")(Kind.EMAIL, CANARY)
    assert {context["purpose"] for context in keys.opened} == {"token"}, "whoever makes tokens opens no value's key"
    vault.restore(OUTDOOR, token)
    assert keys.opened[-1]["purpose"] == "value"


def test_a_text_with_tokens_can_be_masked_again_and_stays_the_same(house: House) -> None:
    redactor = PIIRedactor(Use.QUESTION, keep=house.vault.keeper(OUTDOOR, "document:d-1"))

    masked = redactor.mask(f"Write to {CANARY} or {CANARY}.").text

    first, second = rules.TOKEN.findall(masked)
    assert first == second
    assert masked == f"Write to [email:{first}] or [email:{first}]."
    assert redactor.mask(masked).text == masked


@given(token=st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=24, max_size=24))
def test_no_token_reads_as_something_personal(token: str) -> None:
    text = f"Ship it to [address:tok_{token}] or write to [email:tok_{token}], please."

    assert PIIRedactor(Use.QUESTION).mask(text).text == text


def test_a_record_is_added_and_never_replaced(aws: None) -> None:
    dynamodb = make_table("records")
    records = Records("records", dynamodb, now=lambda: 1_790_000_000.0)

    for _ in range(2):
        records.add(OUTDOOR, who="user#mary", did="restore", what=NOBODYS, why="a lost parcel", request_id="r-1")

    first, second = dynamodb.scan(TableName="records")["Items"]
    assert first["item"] != second["item"]
    assert (first["who"], first["what"], first["at"]) == (
        {"S": "user#mary"},
        {"S": NOBODYS},
        {"S": "2026-09-21T14:13:20Z"},
    )


def test_a_row_added_twice_stays_the_first(aws: None) -> None:
    rows = MerchantRows("personal", make_table("personal"), OUTDOOR)

    rows.add("a", {"x": "1"})
    rows.add("a", {"x": "2"})

    assert rows.get("a") == {"x": "1"}
