"""The members table: who belongs to which merchant, whose tokens no longer stand, and how many guests have come.

Its key is `subject`: `user#<username>`, `client#<client id>`, `widget#<public key>`, `merchant#<id>` for how a merchant
shows itself, and `rate#…` for counters.
"""

import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import Exhausted, Unavailable
from shopwright.tenancy.branding import Shopfront
from shopwright.tenancy.member import Member, Renewals
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.widget import Widget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

_DAY_S = 86_400


class MembersUnavailable(Unavailable):
    """We cannot see who is still a member, so nobody is let in."""


class TooManyGuests(Exhausted):
    """More guests than a minute allows, from one address or through one widget."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("Too many visitors at once. Please try again in a moment.")
        self.retry_after_s = retry_after_s


def client() -> "DynamoDBClient":
    """A client with this table's time limits; region and address come from the environment.

    Every request waits for this table, so it fails fast: about three seconds at most, then 503.
    """
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=1.0, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("dynamodb", config=config)


class Members:
    """Reads are strongly consistent: a sign-out holds from the next request on."""

    def __init__(self, table: str, dynamodb: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._dynamodb = dynamodb or client()

    def row(self, subject: str) -> Member | None:
        """The subject's row, or None."""
        item = _get(self._dynamodb, self._table, subject)
        if item is None:
            return None
        return Member(
            subject=subject,
            merchant_id=item.get("merchant_id", {}).get("S", ""),
            role=item.get("role", {}).get("S", ""),
            scopes=frozenset(item.get("scopes", {}).get("SS", ())),
            disabled=_switched_off(item),
            not_before=int(item.get("not_before", {}).get("N", "0")),
            expires_at=int(item["expires_at"]["N"]) if "expires_at" in item else None,
            renewals=_renewals(item),
        )

    def add(self, member: Member) -> None:
        """Write a row that was not there. A subject is never taken over: MembersUnavailable if it exists."""
        item: Item = {
            "subject": {"S": member.subject},
            "merchant_id": {"S": member.merchant_id},
            "role": {"S": member.role},
            "disabled": {"BOOL": member.disabled},
            "not_before": {"N": str(member.not_before)},
        }
        if member.scopes:
            item["scopes"] = {"SS": sorted(member.scopes)}
        if member.expires_at is not None:
            item["expires_at"] = {"N": str(member.expires_at)}
        if member.renewals is not None:
            item |= _kept(member.renewals)
        try:
            self._dynamodb.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(subject)"
            )
        except (BotoCoreError, ClientError) as cause:
            raise _unavailable() from cause

    def renew(self, row: Member, renewals: Renewals, *, expires_at: int) -> bool:
        """Keep the next renewal of a guest in place of the one that the row has; False: somebody else exchanged it, or
        signed the guest out, since the row was read."""
        seen = row.renewals
        if seen is None:
            raise LookupError("Only a row that has a renewal can be renewed.")
        kept = _kept(renewals)
        once = "(attribute_not_exists(renewal_again) OR renewal_again = :seen_again)"
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"subject": {"S": row.subject}},
                UpdateExpression=f"SET expires_at = :until, {', '.join(f'{name} = :{name}' for name in kept)}",
                ConditionExpression=(
                    f"renewal_present = :seen AND {once} AND not_before = :not_before AND disabled = :no"
                ),
                ExpressionAttributeValues={
                    ":until": {"N": str(expires_at)},
                    ":seen": {"S": seen.present},
                    ":seen_again": {"BOOL": seen.again},
                    ":not_before": {"N": str(row.not_before)},
                    ":no": {"BOOL": False},
                    **{f":{name}": value for name, value in kept.items()},
                },
            )
        except ClientError as cause:
            if _condition_failed(cause):
                return False
            raise _unavailable() from cause
        except BotoCoreError as cause:
            raise _unavailable() from cause
        return True

    def sign_out(self, subject: str, *, at: int) -> None:
        """Refuse every token of the subject that was issued at `at` or before. It never moves back in time."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"subject": {"S": subject}},
                UpdateExpression="SET not_before = :at",
                ConditionExpression=(
                    "attribute_exists(subject) AND (attribute_not_exists(not_before) OR not_before < :at)"
                ),
                ExpressionAttributeValues={":at": {"N": str(at)}},
            )
        except ClientError as cause:
            if not _condition_failed(cause):
                raise _unavailable() from cause
        except BotoCoreError as cause:
            raise _unavailable() from cause

    def widget(self, key: str) -> Widget | None:
        """The widget of a public key, or None when there is none, or it has been switched off."""
        item = _get(self._dynamodb, self._table, f"widget#{key}")
        if item is None or _switched_off(item):
            return None
        return Widget(
            key=key,
            tenant=Tenant(item.get("merchant_id", {}).get("S", "")),
            origins=frozenset(item.get("origins", {}).get("SS", ())),
        )


class Shopfronts:
    """How merchants show themselves: a row each, `merchant#<id>`, which no token can be about."""

    def __init__(self, table: str, dynamodb: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._dynamodb = dynamodb or client()

    def of(self, tenant: Tenant) -> Shopfront | None:
        """What an operator put there; None: nothing yet."""
        item = _get(self._dynamodb, self._table, f"merchant#{tenant}")
        return Shopfront.model_validate_json(item["shopfront"]["S"]) if item else None

    def put(self, tenant: Tenant, shopfront: Shopfront) -> None:
        """In place of what was there."""
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={"subject": {"S": f"merchant#{tenant}"}, "shopfront": {"S": shopfront.model_dump_json()}},
            )
        except (BotoCoreError, ClientError) as cause:
            raise _unavailable() from cause


def _renewals(item: "Item") -> Renewals | None:
    if "renewal_line" not in item:
        return None
    return Renewals(
        line=item["renewal_line"]["S"],
        present=item["renewal_present"]["S"],
        before=item["renewal_before"]["S"],
        since=int(item["renewal_since"]["N"]),
        salt=item.get("renewal_salt", {}).get("S", ""),
        again=item.get("renewal_again", {}).get("BOOL", True),
        busy_until=int(item.get("renewal_busy_until", {}).get("N", "0")),
    )


def _kept(renewals: Renewals) -> "Item":
    return {
        "renewal_line": {"S": renewals.line},
        "renewal_present": {"S": renewals.present},
        "renewal_before": {"S": renewals.before},
        "renewal_since": {"N": str(renewals.since)},
        "renewal_salt": {"S": renewals.salt},
        "renewal_again": {"BOOL": renewals.again},
        "renewal_busy_until": {"N": str(renewals.busy_until)},
    }


def _switched_off(item: "Item") -> bool:
    """Only a plain false, or nothing at all, leaves somebody in: a row that was edited by hand must not open a door."""
    return item.get("disabled", {"BOOL": False}) != {"BOOL": False}


class GuestCounter:
    """How many guests came this minute, from one address and through one widget.

    An address is stored only as an HMAC under a key that is made anew each day and that the table forgets the day
    after, so that the counters of the past name nobody.
    """

    def __init__(
        self, table: str, dynamodb: "DynamoDBClient | None" = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb or client()
        self._now = now
        self._key: tuple[int, bytes] | None = None

    def count(self, *, widget: str, source: str, per_source: int, per_widget: int) -> None:
        """Count one more guest, or raise TooManyGuests. An address that floods does not use up its widget's share."""
        self._one_more(f"source#{self._pseudonym(source)}", per_source)
        self._one_more(f"widget#{widget}", per_widget)

    def _one_more(self, what: str, limit: int) -> None:
        now = int(self._now())
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"subject": {"S": f"rate#guests#{what}#{now // 60}"}},
                UpdateExpression="ADD hits :one SET expires_at = :later",
                ConditionExpression="attribute_not_exists(hits) OR hits < :limit",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":limit": {"N": str(limit)},
                    ":later": {"N": str(now + 300)},
                },
            )
        except ClientError as cause:
            if _condition_failed(cause):
                raise TooManyGuests(retry_after_s=60 - now % 60) from None
            raise _unavailable() from cause
        except BotoCoreError as cause:
            raise _unavailable() from cause

    def _pseudonym(self, source: str) -> str:
        return hmac.new(self._todays_key(), _network(source).encode(), "sha256").hexdigest()

    def _todays_key(self) -> bytes:
        day = int(self._now()) // _DAY_S
        if self._key is None or self._key[0] != day:
            subject = f"rate#guests#key#{day}"
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item={
                        "subject": {"S": subject},
                        "key": {"B": secrets.token_bytes(32)},
                        "expires_at": {"N": str((day + 1) * _DAY_S)},
                    },
                    ConditionExpression="attribute_not_exists(subject)",
                )
            except ClientError as cause:
                if not _condition_failed(cause):
                    raise _unavailable() from cause
            except BotoCoreError as cause:
                raise _unavailable() from cause
            item = _get(self._dynamodb, self._table, subject)
            if item is None:
                raise _unavailable()
            self._key = (day, bytes(item["key"]["B"]))
        return self._key[1]


def _network(source: str) -> str:
    """An IPv4 address as it is, an IPv6 address by its /64, which one subscriber has to themselves."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _get(dynamodb: "DynamoDBClient", table: str, subject: str) -> "Item | None":
    try:
        return dynamodb.get_item(TableName=table, Key={"subject": {"S": subject}}, ConsistentRead=True).get("Item")
    except (BotoCoreError, ClientError) as cause:
        raise _unavailable() from cause


def _condition_failed(cause: ClientError) -> bool:
    return cause.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException"


def _unavailable() -> MembersUnavailable:
    return MembersUnavailable("Membership cannot be checked at the moment. Please try again.")
