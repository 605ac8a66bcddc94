"""The ledger in DynamoDB: changes when its table's layout does.

Key: `merchant_id`, `item`. `session#<id>` and `day#<date>#<part>` are accounts: `used` (spent and held), `spent`, and
an attribute `hold#<key>` = [amount, end] for each hold. `entry#<key>` is one call, from its hold to its settlement.
A call moves all three in one transaction whose conditions are the limits, so that neither a race nor a crash between
two writes can spend what is not there; a condition cannot add, so it compares `used` with the limit less the amount.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.costs.ledger import (
    Account,
    AlreadySettled,
    Books,
    HeldOtherwise,
    Hold,
    LedgerBusy,
    LedgerUnavailable,
    Left,
    Limits,
    MerchantBudgetSpent,
    SessionBudgetSpent,
    Settled,
    usable,
)
from shopwright.tenancy.credentials import Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.vended import dynamodb as vended

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, UpdateTypeDef

    Item = Mapping[str, AttributeValueTypeDef]

SESSION_KEPT_S = 3 * 24 * 3600  # after its last call; a conversation itself ends a day after its last turn
DAY_KEPT_S = 400 * 24 * 3600  # for the bill of a year
ENTRY_KEPT_S = 7 * 24 * 3600
_TRIES = 12  # of one write against others that write to the same accounts
_SENT = 3  # times that a settlement is sent when nothing answers
_PAUSE_S = 0.02
_SWEPT = 8  # expired holds that one refusal gives back at most: it happens in a shopper's time
_REFUSED, _CONFLICT = "ConditionalCheckFailed", "TransactionConflict"


def client(credentials: Credentials) -> "DynamoDBClient":
    """A client with the ledger's time limits; region and address come from the environment.

    It does not try again by itself: a hold whose answer was lost comes back in time, and a settlement is sent again
    here, where it is known that the same one twice is one.
    """
    return vended.client(credentials, read_timeout_s=1.0, attempts=1, connections=64)


class Ledgers:
    """The table. `of` gives the part that is one merchant's."""

    def __init__(
        self,
        table: str,
        dynamodb: "Callable[[Credentials], DynamoDBClient]" = client,
        *,
        vend: Vend = own,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._vend = vend
        self._now = now
        self._sleep = sleep

    def of(self, tenant: Tenant) -> "Ledger":
        return Ledger(self._table, self._dynamodb(self._vend(tenant)), self._now, self._sleep, tenant)


class Ledger:
    """The accounts of one merchant and of its shoppers' sessions; nobody else's can be named through it."""

    def __init__(
        self,
        table: str,
        dynamodb: "DynamoDBClient",
        now: Callable[[], float],
        sleep: Callable[[float], None],
        tenant: Tenant,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._now = now
        self._sleep = sleep
        self._merchant_id = tenant.merchant_id

    def books(self) -> Books:
        """This ledger as a purse uses it."""
        return Books(self.hold, self.settle, self.release, self.left)

    def hold(self, key: str, session_id: str, amount: int, limits: Limits) -> Hold:
        """Keep `amount` for a call, or raise the limit that has no room for it. The same again gives the same hold."""
        usable(key), usable(session_id)
        part = random.randrange(limits.shares)  # noqa: S311 - which part is no secret
        swept: set[str] = set()
        for _ in range(_TRIES):
            wanted = Hold(key, session_id, amount, self._day(part), int(self._now()) + limits.hold_s)
            why = self._tried(self._holding(wanted, limits, part))
            if not why:
                return wanted
            if why[2] == _REFUSED:
                return self._held_before(wanted)
            if why[0] == _REFUSED:
                account = f"session#{session_id}"
                if account in swept or not self._sweep(account):
                    raise SessionBudgetSpent
                swept.add(account)
            elif why[1] == _REFUSED:
                room = self._parts_with_room(amount, limits)
                if not room:
                    raise MerchantBudgetSpent
                part = random.choice(room)  # noqa: S311 - the same
                self._sweep(self._day(part))
            else:
                self._pause()
        raise LedgerBusy

    def settle(self, hold: Hold, actual: int) -> Settled:
        """Enter what the call cost and give back the rest. Again, it tells what was entered the first time."""
        return self._end(hold, actual, "settled")

    def release(self, hold: Hold) -> None:
        """Give everything back: nothing was bought."""
        self._end(hold, 0, "released")

    def left(self, session_id: str, limits: Limits) -> Left:
        """What the session and today's accounts have left."""
        now = self._now()
        session, *parts = self._accounts([f"session#{usable(session_id)}", *map(self._day, range(limits.shares))])
        return Left(
            session.left(limits.session, now),
            sum(part.left(limits.share(number), now) for number, part in enumerate(parts)),
        )

    def spent(self, account: str) -> int:
        """What has been settled on one account: `session#<id>`, or a part of a day."""
        return self._accounts([account])[0].spent

    def _day(self, part: int) -> str:
        return f"day#{datetime.fromtimestamp(self._now(), UTC):%Y-%m-%d}#{part:02d}"

    def _holding(self, hold: Hold, limits: Limits, part: int) -> "Sequence[TransactWriteItemTypeDef]":
        now = int(self._now())
        return [
            self._take(f"session#{hold.session_id}", hold, limits.session - hold.amount, now + SESSION_KEPT_S),
            self._take(hold.account, hold, limits.share(part) - hold.amount, now + DAY_KEPT_S),
            {
                "Put": {
                    "TableName": self._table,
                    "Item": {
                        **self._key(f"entry#{hold.key}"),
                        "session_id": {"S": hold.session_id},
                        "account": {"S": hold.account},
                        "amount": {"N": str(hold.amount)},
                        "until": {"N": str(hold.until)},
                        "state": {"S": "held"},
                        "expires_at": {"N": str(now + ENTRY_KEPT_S)},
                    },
                    "ConditionExpression": "attribute_not_exists(merchant_id)",
                }
            },
        ]

    def _take(self, account: str, hold: Hold, most: int, expires_at: int) -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._table,
                "Key": self._key(account),
                "UpdateExpression": "SET #hold = :hold, expires_at = :expires ADD used :amount",
                # An account that is not there yet has used nothing.
                "ConditionExpression": "used <= :most OR (attribute_not_exists(used) AND :most >= :nothing)",
                "ExpressionAttributeNames": {"#hold": f"hold#{hold.key}"},
                "ExpressionAttributeValues": {
                    ":hold": {"L": [{"N": str(hold.amount)}, {"N": str(hold.until)}]},
                    ":amount": {"N": str(hold.amount)},
                    ":most": {"N": str(most)},
                    ":nothing": {"N": "0"},
                    ":expires": {"N": str(expires_at)},
                },
            }
        }

    def _held_before(self, wanted: Hold) -> Hold:
        entry = self._entry(wanted.key)
        held = _hold(wanted.key, entry)
        if entry["state"]["S"] != "held" or held.until <= self._now():
            raise AlreadySettled
        if (held.session_id, held.amount) != (wanted.session_id, wanted.amount):
            raise HeldOtherwise
        return held

    def _end(self, hold: Hold, actual: int, state: str) -> Settled:
        """The hold becomes what was spent. One that has come back is entered late; one that has ended stays so."""
        late, lost = False, 0
        for _ in range(_TRIES):
            try:
                why = self._tried(self._ending(hold, actual, state, held=not late))
            except LedgerUnavailable:
                lost += 1  # what was spent must be entered, and the same entry twice is one
                if lost == _SENT:
                    raise
                self._pause()
                continue
            if not why:
                return Settled(actual, late)
            if _REFUSED in why:
                entry = self._entry(hold.key)
                if entry["state"]["S"] in ("settled", "late"):
                    return Settled(int(entry["actual"]["N"]), entry["state"]["S"] == "late")
                if entry["state"]["S"] in ("released", "expired"):
                    if actual == 0:
                        return Settled(0)
                    late = True
            else:
                self._pause()
        raise LedgerBusy

    def _ending(self, hold: Hold, actual: int, state: str, *, held: bool) -> "Sequence[TransactWriteItemTypeDef]":
        entry: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": self._key(f"entry#{hold.key}"),
                "UpdateExpression": "SET #state = :state, actual = :actual",
                "ConditionExpression": "#state = :held" if held else "#state IN (:released, :expired)",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {
                    ":state": {"S": state if held else "late"},
                    ":actual": {"N": str(actual)},
                    **(
                        {":held": {"S": "held"}}
                        if held
                        else {":released": {"S": "released"}, ":expired": {"S": "expired"}}
                    ),
                },
            }
        }
        accounts = (f"session#{hold.session_id}", hold.account)
        return [*(self._give_back(account, hold, actual, held=held) for account in accounts), entry]

    def _give_back(self, account: str, hold: Hold, actual: int, *, held: bool) -> "TransactWriteItemTypeDef":
        # No condition here: that the entry is still held, in the same transaction, says that the holds are there.
        update: UpdateTypeDef = {
            "TableName": self._table,
            "Key": self._key(account),
            "UpdateExpression": "ADD used :change, spent :actual",
            "ExpressionAttributeValues": {
                ":change": {"N": str(actual - hold.amount if held else actual)},
                ":actual": {"N": str(actual)},
            },
        }
        if held:
            update["UpdateExpression"] += " REMOVE #hold"
            update["ExpressionAttributeNames"] = {"#hold": f"hold#{hold.key}"}
        return {"Update": update}

    def _parts_with_room(self, amount: int, limits: Limits) -> list[int]:
        now = self._now()
        parts = self._accounts([self._day(number) for number in range(limits.shares)])
        return [number for number, part in enumerate(parts) if part.left(limits.share(number), now) >= amount]

    def _sweep(self, account: str) -> bool:
        """Give back what nobody settled in time, and tell whether there was any."""
        (state,) = self._accounts([account])
        gone = state.expired(self._now())[:_SWEPT]
        for key in gone:
            self._end(_hold(key, self._entry(key)), 0, "expired")
        return bool(gone)

    def _entry(self, key: str) -> "Item":
        answer = self._asked(
            self._dynamodb.get_item, TableName=self._table, Key=self._key(f"entry#{key}"), ConsistentRead=True
        )
        if "Item" not in answer:
            raise LedgerUnavailable  # it was there a moment ago, and lasts a week
        item: Item = answer["Item"]
        return item

    def _accounts(self, names: Sequence[str]) -> list[Account]:
        """The accounts as they stand, in the order asked for; one that is not there yet is empty."""
        found: dict[str, Account] = {}
        wanted: Any = {self._table: {"Keys": [self._key(name) for name in names], "ConsistentRead": True}}
        for _ in range(_TRIES):
            answer = self._asked(self._dynamodb.batch_get_item, RequestItems=wanted)
            found |= {item["item"]["S"]: _account(item) for item in answer["Responses"].get(self._table, [])}
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                return [found.get(name, Account()) for name in names]
            self._pause()
        raise LedgerBusy

    def _tried(self, writes: "Sequence[TransactWriteItemTypeDef]") -> tuple[str, ...]:
        """Nothing when all was written, else why not, one word for each write."""
        try:
            self._dynamodb.transact_write_items(TransactItems=writes)
        except self._dynamodb.exceptions.TransactionCanceledException as cause:
            reasons: list[dict[str, str]] = cause.response.get("CancellationReasons", [])  # type: ignore[assignment]
            return tuple(reason.get("Code", "None") for reason in reasons) or (_CONFLICT,) * 3
        except (BotoCoreError, ClientError) as cause:
            raise LedgerUnavailable from cause
        return ()

    def _asked(self, call: Callable[..., Any], **asked: Any) -> Any:
        try:
            return call(**asked)
        except (BotoCoreError, ClientError) as cause:
            raise LedgerUnavailable from cause

    def _pause(self) -> None:
        self._sleep(random.uniform(0, _PAUSE_S))  # noqa: S311 - so that two who met do not meet again

    def _key(self, item: str) -> "dict[str, AttributeValueTypeDef]":
        return {"merchant_id": {"S": self._merchant_id}, "item": {"S": item}}


def _account(item: "Item") -> Account:
    holds = {
        name.removeprefix("hold#"): (int(value["L"][0]["N"]), int(value["L"][1]["N"]))
        for name, value in item.items()
        if name.startswith("hold#")
    }
    return Account(_number(item, "used"), _number(item, "spent"), holds)


def _number(item: "Item", name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _hold(key: str, entry: "Item") -> Hold:
    return Hold(
        key, entry["session_id"]["S"], int(entry["amount"]["N"]), entry["account"]["S"], int(entry["until"]["N"])
    )
