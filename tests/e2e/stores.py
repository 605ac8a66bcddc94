"""What lies in every store of a laptop cloud, for tests that look for something there or wait until it is there."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from local import operate, places
from local.cloud import Cloud, Running

QUEUES = {
    "drops": "IngestionQueueUrl",
    "ingestion-failed": "IngestionFailedQueueUrl",
    "ingestion-dead-letters": "IngestionDeadLetterQueueUrl",
    "webhooks-dead-letters": "WebhooksDeadLetterQueueUrl",
    "receipts-failed": "ReceiptsFailedQueueUrl",
    "stock-failed": "StockFailedQueueUrl",
    "sales-failed": "SalesFailedQueueUrl",
    "parked-sagas": "ParkedSagasQueueUrl",
}


@dataclass(frozen=True)
class Stores:
    """The stores of one laptop cloud, read as its owner can: past every policy."""

    owner: Cloud
    cloud: Running
    _clients: dict[str, Any] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def service(self) -> operate.Service:
        return operate.at_home(self.cloud)

    def client(self, name: str) -> Any:
        """One for each service: clients may be used by many threads at once, and may not be made so."""
        with self._making:
            if name not in self._clients:
                self._clients[name] = self.service.client(name)
            return self._clients[name]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.owner.postgres.connect(self.cloud.outputs["DatabaseName"]) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def statuses(self, merchant: str) -> dict[str, int]:
        return dict(
            self.rows("select status, count(*) from shopwright.document where merchant_id = %s group by 1", merchant)
        )

    def waiting(self, queue: str) -> int:
        told = self.client("sqs").get_queue_attributes(
            QueueUrl=self.cloud.outputs[QUEUES[queue]],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(int(number) for number in told.values())

    def running(self) -> int:
        """Ingestions at work."""
        listed = self.client("stepfunctions").list_executions(
            stateMachineArn=self.cloud.outputs["IngestionArn"], statusFilter="RUNNING", maxResults=1000
        )
        return len(listed["executions"])

    def quiet(self) -> bool:
        """Nothing waits to be worked off, and nothing is at work."""
        return self.waiting("drops") == 0 and self.running() == 0

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Every byte that is kept, with where it lies."""
        yield from self._database()
        yield from self._buckets()
        yield from self._tables()
        yield from self._queues()
        yield from self._cache()
        yield from self._logs()

    def _logs(self) -> Iterator[tuple[str, bytes]]:
        """The functions' and the servers' logs. MiniStack's own names requests' objects, as S3's access logs do."""
        logs = self.client("logs")
        for groups in logs.get_paginator("describe_log_groups").paginate():
            for group in groups["logGroups"]:
                for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                    for event in page["events"]:
                        yield f"log {group['logGroupName']}", event["message"].encode()
        for server in ("postgres", "valkey"):
            for log in (places.instance_dir(self.owner.instance) / "logs").glob(f"{server}*.log"):
                yield f"log {log.name}", log.read_bytes()

    def _database(self) -> Iterator[tuple[str, bytes]]:
        tables = self.rows(
            "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname like %s",
            "shopwright%",
        )
        for (table,) in tables:
            for (row,) in self.rows(f"select t::text from {table} t"):  # noqa: S608 - names that PostgreSQL gave
                yield f"table {table}", row.encode()

    def _buckets(self) -> Iterator[tuple[str, bytes]]:
        s3 = self.client("s3")
        for bucket in (one["Name"] for one in s3.list_buckets()["Buckets"]):
            if "cdk" in bucket:
                continue  # the assembly's own code
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                for one in page.get("Versions", []):
                    body = s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
                    yield f"{bucket}/{one['Key']} ({one['VersionId']})", one["Key"].encode() + b"\n" + body

    def _tables(self) -> Iterator[tuple[str, bytes]]:
        dynamodb = self.client("dynamodb")
        for table in dynamodb.list_tables()["TableNames"]:
            for page in dynamodb.get_paginator("scan").paginate(TableName=table):
                for item in page["Items"]:
                    yield f"table {table}", repr(item).encode()

    def _queues(self) -> Iterator[tuple[str, bytes]]:
        sqs = self.client("sqs")
        for name, output in QUEUES.items():
            found = sqs.receive_message(
                QueueUrl=self.cloud.outputs[output], MaxNumberOfMessages=10, VisibilityTimeout=0
            ).get("Messages", [])
            for message in found:
                yield f"queue {name}", message["Body"].encode()

    def _cache(self) -> Iterator[tuple[str, bytes]]:
        with self.owner.valkey.connect() as client:
            for key in client.scan_iter(count=1000):
                yield "cache", key if isinstance(key, bytes) else str(key).encode()
                yield "cache", client.dump(key) or b""


def wait(check: Any, *, within_s: float, every_s: float = 0.5) -> Any:
    """What `check` gives once it is true."""
    until = time.monotonic() + within_s
    while not (seen := check()):
        assert time.monotonic() < until, f"not within {within_s:.0f} s; last seen: {seen!r}"
        time.sleep(every_s)
    return seen
