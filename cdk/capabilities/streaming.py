"""Everything that exists because shoppers watch an answer come: tickets, sockets, and the functions behind them."""

from aws_cdk import Duration
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.parts.alarms import MINUTE
from cdk.parts.answering import let_ask
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import allow, use_table
from cdk.parts.ground import Ground
from cdk.parts.socket_door import SocketDoor

_ASKED_AGAIN = (
    "A question that could not be answered in time is worth nothing later: it is not tried again, and its shopper, "
    "who sees that no answer comes, asks once more."
)


class Streaming(Construct):
    """chat-tickets sells tickets, chat-connect takes them, chat-socket takes messages, chat-stream answers them inside
    the network, and chat-tell sends its words out of there."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor, agent_arn: str | None) -> None:
        super().__init__(scope, name)
        data = ground.data
        tables = {"MEMBERS_TABLE": data.members.table_name, "SOCKETS_TABLE": data.sockets.table_name}

        connect = CapabilityFunction(self, "chat-connect", ground, timeout_s=8, memory_mb=512, environment=tables)
        use_table(connect, data.members, "GetItem")
        use_table(connect, data.sockets, "DeleteItem")
        self.socket = SocketDoor(self, "Socket", ground=ground, door=door, admission=connect)

        tickets = CapabilityFunction(
            self,
            "chat-tickets",
            ground,
            timeout_s=10,
            memory_mb=512,
            environment={**tables, "SOCKET_URL": self.socket.url},
        )
        use_table(tickets, data.members, "GetItem")
        use_table(tickets, data.sockets, "PutItem", "UpdateItem")
        door.route("POST", "/v1/chat/tickets", tickets, scope="shop/chat")

        tell = CapabilityFunction(self, "chat-tell", ground, timeout_s=6, memory_mb=512)
        self.socket.let_send(tell, "POST")

        stream = CapabilityFunction(
            self,
            "chat-stream",
            ground,
            layers=("common",) if agent_arn else ("common", "models"),
            timeout_s=29,
            memory_mb=1024,
            environment={"TELL_FUNCTION": tell.function_name},
            in_network=True,
            groups=ground.network.askers,
            failures=_ASKED_AGAIN,
        )
        let_ask(stream, ground, agent_arn)
        allow(stream, ["lambda:InvokeFunction"], tell.function_arn)
        stream.configure_async_invoke(retry_attempts=0, max_event_age=Duration.minutes(1))
        acknowledge(stream, {"Serverless-LambdaAsyncFailureDestination": _ASKED_AGAIN})

        socket = CapabilityFunction(
            self,
            "chat-socket",
            ground,
            timeout_s=10,
            memory_mb=512,
            environment={**tables, "STREAM_FUNCTION": stream.function_name},
        )
        use_table(socket, data.members, "GetItem")
        use_table(socket, data.sockets, "DeleteItem", "UpdateItem")
        allow(socket, ["lambda:InvokeFunction"], stream.function_arn)
        self.socket.let_send(socket, "POST", "DELETE")
        self.socket.answered_by(socket)

        for function, says in (
            (socket, "chat-socket fails: messages of shoppers are lost. See its log group."),
            (stream, "chat-stream fails: shoppers wait for answers that do not come. See its log group."),
            (tell, "chat-tell fails: answers do not reach their sockets. See its log group."),
        ):
            ground.alarms.on(function, "Failing", function.metric_errors(period=MINUTE), above=5, minutes=3, says=says)
        ground.alarms.on(
            stream,
            "Throttled",
            stream.metric_throttles(period=MINUTE),
            above=0,
            minutes=5,
            says="chat-stream is being throttled: its reserved concurrency is too small for the traffic.",
        )

        self.answers = stream
        self.functions = (tickets, connect, socket, stream, tell)
