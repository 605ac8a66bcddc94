"""Carts and spent consents in DynamoDB: changes when their tables' layout does.

Key: `merchant_id`, `item`. A cart is one item by its subject; it is written only over the version that was read, and
holds the newest request ids and orders, so that a change that is sent twice, or whose answer was lost, has one effect.

Claims have a table of their own: `consent#<nonce>` says on which order a consent was spent, and
`request#<hash of subject and key>` what came under an Idempotency-Key.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.checkout.cart import Cart, CartBusy, CartUnavailable, Change, Kept, Line, changed
from shopwright.checkout.consent import Claim, ClaimsUnavailable, KeyOfAnother, RequestInFlight
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.credentials import Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.vended.dynamodb import client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

_TRIES = 5
_NEVER = -1  # what was read when there is no item


class Carts:
    """The table. `of` gives the cart that one subject of one merchant has."""

    def __init__(
        self,
        table: str,
        dynamodb: "Callable[[Credentials], DynamoDBClient]" = client,
        *,
        vend: Vend = own,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._vend = vend
        self._now = now

    def of(self, tenant: Tenant, subject: str) -> "ShoppersCart":
        return ShoppersCart(self._table, self._dynamodb(self._vend(tenant)), self._now, tenant, subject)

    def open(self, caller: Caller) -> Cart:
        """The caller's own cart."""
        return self.of(caller.tenant, caller.subject).open()

    def change(
        self, caller: Caller, change: Change, request_id: str | None = None, if_version: int | None = None
    ) -> Cart:
        """The caller's own cart after the change."""
        return self.of(caller.tenant, caller.subject).change(change, request_id=request_id, if_version=if_version)


class ShoppersCart:
    """One shopper's cart with one merchant; nobody else's can be named through it."""

    def __init__(
        self, table: str, dynamodb: "DynamoDBClient", now: Callable[[], float], tenant: Tenant, subject: str
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._now = now
        self._merchant_id = tenant.merchant_id
        self._subject = subject

    def open(self) -> Cart:
        """What is in it; an empty cart when there is none or it has expired."""
        try:
            return self._read()[1].cart
        except (BotoCoreError, ClientError) as cause:
            raise CartUnavailable from cause

    def change(self, change: Change, *, request_id: str | None = None, if_version: int | None = None) -> Cart:
        """The cart after the change. The same request again changes nothing more."""
        try:
            for _ in range(_TRIES):
                stamp, kept = self._read()
                after = changed(kept, change, request_id=request_id, if_version=if_version, now=self._now())
                if after is kept or self._written(stamp, after):
                    return after.cart
        except (BotoCoreError, ClientError) as cause:
            raise CartUnavailable from cause
        raise CartBusy

    def _key(self) -> "Item":
        return {"merchant_id": {"S": self._merchant_id}, "item": {"S": self._subject}}

    def _read(self) -> tuple[int, Kept]:
        """How often the item has been written, and what is in it. DynamoDB deletes what has expired in its own time:
        for us it is gone at once, but for the version, which goes on."""
        item = self._dynamodb.get_item(TableName=self._table, Key=self._key(), ConsistentRead=True).get("Item")
        if item is None:
            return _NEVER, Kept()
        stamp = int(item["written"]["N"])
        version, expires_at = int(item["version"]["N"]), int(item["expires_at"]["N"])
        taken = tuple(one["S"] for one in item["orders"]["L"]) if "orders" in item else ()
        if expires_at <= self._now():
            return stamp, Kept(Cart(version, taken=taken))
        lines = tuple(Line(line["M"]["sku"]["S"], int(line["M"]["quantity"]["N"])) for line in item["lines"]["L"])
        requests = tuple((one["L"][0]["S"], one["L"][1]["S"]) for one in item["requests"]["L"])
        return stamp, Kept(Cart(version, lines, expires_at, taken), requests)

    def _written(self, stamp: int, kept: Kept) -> bool:
        """Write over what was read, and over nothing else."""
        item: Item = {
            **self._key(),
            "written": {"N": str(stamp + 1)},
            "version": {"N": str(kept.cart.version)},
            "lines": {
                "L": [
                    {"M": {"sku": {"S": line.sku}, "quantity": {"N": str(line.quantity)}}} for line in kept.cart.lines
                ]
            },
            "requests": {"L": [{"L": [{"S": request}, {"S": asked}]} for request, asked in kept.requests]},
            "orders": {"L": [{"S": order_id} for order_id in kept.cart.taken]},
            "expires_at": {"N": str(kept.cart.expires_at)},
        }
        try:
            if stamp == _NEVER:
                self._dynamodb.put_item(
                    TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(merchant_id)"
                )
            else:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="written = :read",
                    ExpressionAttributeValues={":read": {"N": str(stamp)}},
                )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False  # somebody else changed it, or the same request came through before: look again
        return True


CLAIMS_KEPT_S = 90 * 24 * 3600  # far longer than any quote lives
IN_FLIGHT_S = 30.0  # longer than the function that works on a request


class Claims:
    """The table of spent consents and of the requests that spent them."""

    def __init__(
        self,
        table: str,
        dynamodb: "Callable[[Credentials], DynamoDBClient]" = client,
        *,
        vend: Vend = own,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._vend = vend
        self._now = now

    def held(self, caller: Caller, nonce: str) -> Claim | None:
        """What a consent was spent on; None: it has not been spent."""
        with _named():
            item = (
                self._of(caller)
                .get_item(TableName=self._table, Key=_key(caller, f"consent#{nonce}"), ConsistentRead=True)
                .get("Item")
            )
        if item is None:
            return None
        return Claim(nonce, *(item[name]["S"] for name in ("order_id", "saga_id", "quote_hash", "subject", "request")))

    def take(self, caller: Caller, claim: Claim) -> bool:
        """Spend a consent on an order and its saga, in one write. False: it has been spent on something else."""
        told = (claim.order_id, claim.saga_id, claim.quote_hash, claim.subject, claim.request)
        names = ("order_id", "saga_id", "quote_hash", "subject", "request")
        item: Item = {
            **_key(caller, f"consent#{claim.nonce}"),
            **{name: {"S": value} for name, value in zip(names, told, strict=True)},
            "expires_at": {"N": str(int(self._now()) + CLAIMS_KEPT_S)},
        }
        to = self._of(caller)
        with _named():
            try:
                to.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(merchant_id)")
            except to.exceptions.ConditionalCheckFailedException:
                return self.held(caller, claim.nonce) == claim  # our own write, whose answer was lost
        return True

    def open_request(self, caller: Caller, key: str, body_hash: str) -> str | None:
        """Begin to work on a request under its key; the answer when it was answered before. One that is being worked on
        is RequestInFlight, one whose worker is gone is taken over, and another body is KeyOfAnother."""
        to, now = self._of(caller), self._now()
        place = _key(caller, _request(caller, key))
        with _named():
            try:
                to.put_item(
                    TableName=self._table,
                    Item={
                        **place,
                        "body_hash": {"S": body_hash},
                        "until": {"N": str(now + IN_FLIGHT_S)},
                        "expires_at": {"N": str(int(now) + CLAIMS_KEPT_S)},
                    },
                    ConditionExpression="attribute_not_exists(merchant_id) OR "
                    "(body_hash = :body AND attribute_not_exists(answer) AND #until < :now)",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues={":body": {"S": body_hash}, ":now": {"N": str(now)}},
                )
            except to.exceptions.ConditionalCheckFailedException:
                found = to.get_item(TableName=self._table, Key=place, ConsistentRead=True).get("Item", {})
            else:
                return None
        if found and found["body_hash"]["S"] != body_hash:
            raise KeyOfAnother
        if "answer" not in found:
            raise RequestInFlight
        return found["answer"]["S"]

    def close_request(self, caller: Caller, key: str, answer: str | None) -> None:
        """What was answered under the key; None: nothing came of it, and the key is free again."""
        to, place = self._of(caller), _key(caller, _request(caller, key))
        with _named():
            if answer is None:
                to.delete_item(TableName=self._table, Key=place)
            else:
                to.update_item(
                    TableName=self._table,
                    Key=place,
                    UpdateExpression="SET answer = :answer",
                    ExpressionAttributeValues={":answer": {"S": answer}},
                )

    def _of(self, caller: Caller) -> "DynamoDBClient":
        return self._dynamodb(self._vend(caller.tenant))


def _key(caller: Caller, item: str) -> "Item":
    return {"merchant_id": {"S": caller.tenant.merchant_id}, "item": {"S": item}}


def _request(caller: Caller, key: str) -> str:
    """Nobody's id is in a key."""
    return f"request#{hashlib.sha256(f'{caller.subject}|{key}'.encode()).hexdigest()[:40]}"


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as cause:
        raise ClaimsUnavailable from cause
