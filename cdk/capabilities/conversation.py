"""Everything that exists because shoppers ask."""

from aws_cdk import Duration
from constructs import Construct

from cdk.parts.alarms import MINUTE
from cdk.parts.answering import let_ask
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import use_index, use_table
from cdk.parts.ground import Ground


class Conversation(Construct):
    """chat answers; sessions shows, hands out and forgets what was said, and what a shopper lets us keep."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor, agent_arn: str | None) -> None:
        super().__init__(scope, name)
        data = ground.data
        tables = {"SESSIONS_TABLE": data.sessions.table_name, "MEMBERS_TABLE": data.members.table_name}

        chat = CapabilityFunction(
            self,
            "chat",
            ground,
            layers=("common",) if agent_arn else ("common", "models"),
            timeout_s=10,
            memory_mb=1024,
            environment={"MEMBERS_TABLE": data.members.table_name},
            in_network=True,
            groups=ground.network.askers,
        )
        let_ask(chat, ground, agent_arn)
        use_table(chat, data.members, "GetItem")
        door.route("POST", "/v1/chat", chat, scope="shop/chat", body=True)
        ground.alarms.on(
            chat,
            "Slow",
            chat.metric_duration(period=Duration.minutes(5), statistic="p95"),
            above=2000,
            minutes=3,
            says="chat's p95 has been over 2 s for a quarter of an hour. Look at the database's load first.",
        )
        ground.alarms.on(
            chat,
            "Throttled",
            chat.metric_throttles(period=MINUTE),
            above=0,
            minutes=5,
            says="chat is being throttled: its reserved concurrency is too small for the traffic.",
        )

        sessions = CapabilityFunction(self, "sessions", ground, timeout_s=10, memory_mb=512, environment=tables)
        use_table(sessions, data.sessions, "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
        use_index(sessions, data.sessions, "by_owner")
        use_table(sessions, data.members, "GetItem")
        door.route("GET", "/v1/sessions", sessions, scope="shop/chat", parameters=("limit", "cursor"))
        door.route("GET", "/v1/sessions/{session_id}/export", sessions, scope="shop/chat")
        door.route("GET", "/v1/context", sessions, scope="shop/chat")
        door.route("PUT", "/v1/context", sessions, scope="shop/chat", body=True)
        door.route("DELETE", "/v1/context", sessions, scope="shop/chat")
        door.route("GET", "/v1/sessions/{session_id}", sessions, scope="shop/chat", parameters=("limit",))
        door.route("DELETE", "/v1/sessions/{session_id}", sessions, scope="shop/chat")

        ground.alarms.on(
            door,
            "Failing",
            door.api.metric_server_error(period=MINUTE, statistic="Sum"),
            above=5,
            minutes=3,
            says="The API has answered 5xx more than five times a minute for three minutes.",
        )

        self.answers, self.sessions = chat, sessions
        self.functions = (chat, sessions)
