"""Everything that exists because shoppers buy."""

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IDependable

from cdk.capabilities.payments import Payments
from cdk.parts.acknowledge import acknowledge
from cdk.parts.alarms import MINUTE
from cdk.parts.asl_state_machine import AslStateMachine
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import (
    allow,
    list_objects,
    read_secret,
    use_cache,
    use_database,
    use_gateways,
    use_objects,
    use_personal_key,
    use_table,
)
from cdk.parts.ground import Ground

_PAYS = ("common", "vault", "payments")  # the layers of whoever charges or undoes
_KEEPS = ("common", "vault")
_STEPS = "Step Functions or an operator waits for it, and hears of a failure: it would never reach a queue of its own."
_NEXT_ROUND = "The schedule calls it again, and it goes on from what it finds; an alarm says when it keeps failing."


class Checkout(Construct):
    """carts keeps what a shopper means to buy; checkout quotes it and takes the shopper's word; the machine sells it,
    or undoes every step; orders shows it; the rest hears gateways, sweeps, publishes, reconciles and resumes."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        ground: Ground,
        door: FrontDoor,
        payments: Payments,
        after: IDependable,
    ) -> None:
        """`after` is what must be done before an order can be stored: the migrations."""
        super().__init__(scope, name)
        self._ground = ground
        carts = self._carts(door)

        reserve = self._orders_function("reserve-stock", timeout_s=30)
        confirm = self._orders_function("confirm-order", timeout_s=30)
        authorize, capture, compensate = (
            self._paying_function(step, timeout_s=60) for step in ("authorize", "capture", "compensate")
        )
        self._keeps(authorize, opens=True)
        self.parked = sqs.Queue(
            self,
            "Parked",
            queue_name=ground.stage.resource("parked-sagas"),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(
            self.parked,
            dict.fromkeys(
                ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"),
                "Where sagas end that could not be undone: an alarm says so, and an operator resumes them.",
            ),
        )
        machine = AslStateMachine(
            self,
            "checkout-saga",
            stage=ground.stage,
            steps=[reserve, authorize, confirm, capture, compensate],
            substitutions={"ParkedQueueUrl": self.parked.queue_url},
        )
        self.parked.grant_send_messages(machine)
        machine.node.add_dependency(after)
        self.machine = machine

        checkout = self._checkout(door)
        orders = self._orders(door)
        settle = self._paying_function("settle-payments", timeout_s=30)
        for seller in (capture, settle):
            seller.add_environment("CARTS_TABLE", ground.data.carts.table_name)
            use_table(seller, ground.data.carts, "GetItem", "PutItem")
        settle.add_event_source(
            event_sources.SqsEventSource(payments.events, batch_size=5, report_batch_item_failures=True)
        )
        acknowledge(
            settle,
            {
                "Serverless-LambdaEventSourceMappingDestination": "A queue as source takes no destination: what fails "
                "goes to the queue's own dead letter queue.",
            },
        )
        sweep = self._orders_function("sweep-orders", timeout_s=120, failures=_NEXT_ROUND)
        resume = self._orders_function("resume-sagas", timeout_s=300)
        resume.add_environment("PARKED_QUEUE_URL", self.parked.queue_url)
        allow(
            resume,
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
            self.parked.queue_arn,
        )
        publish = self._orders_function("publish-events", timeout_s=60, outward=True, failures=_NEXT_ROUND)
        self.topic = self._topic()
        publish.add_environment("ORDERS_TOPIC_ARN", self.topic.topic_arn)
        allow(publish, ["sns:Publish"], self.topic.topic_arn)
        _use_key(publish, self.topic_key, "sns")
        reconcile = self._orders_function(
            "reconcile", timeout_s=900, layers=("common", "payments"), outward=True, failures=_NEXT_ROUND
        )
        use_gateways(reconcile, ground.data, ground.stage.gateway_secrets)

        for starter in (checkout, orders, sweep, resume, settle):
            starter.add_environment("SAGA_ARN", machine.state_machine_arn)
            allow(starter, ["states:StartExecution"], machine.state_machine_arn)
        allow(sweep, ["states:DescribeExecution"], _executions_of(machine))
        acknowledge(
            _role(sweep),
            {
                "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
                f"{machine.deployed}:*]": "The sweeper looks at the executions of this one machine, whose names come "
                "with the orders."
            },
        )
        for waker in (orders, settle, authorize, capture, compensate):
            self._wakes(waker)

        self._every(sweep, events.Schedule.rate(Duration.minutes(5)), "Look after orders that nobody works on.")
        self._every(publish, events.Schedule.rate(Duration.minutes(1)), "Tell what happened to orders.")
        nightly = events.Schedule.cron(minute="20", hour="2")
        self._every(reconcile, nightly, "Hold yesterday's orders against the gateways.")
        self._alarms((sweep, publish, reconcile))
        self.functions = (
            carts,
            checkout,
            orders,
            reserve,
            authorize,
            confirm,
            capture,
            compensate,
            settle,
            sweep,
            resume,
            publish,
            reconcile,
        )

    def _carts(self, door: FrontDoor) -> CapabilityFunction:
        data = self._ground.data
        carts = CapabilityFunction(
            self,
            "carts",
            self._ground,
            timeout_s=10,
            memory_mb=512,
            environment={"CARTS_TABLE": data.carts.table_name, "MEMBERS_TABLE": data.members.table_name},
            in_network=True,
        )
        use_database(carts, data)
        use_cache(carts, data)
        use_table(carts, data.carts, "GetItem", "PutItem")
        use_table(carts, data.members, "GetItem")
        for verb in ("GET", "DELETE"):
            door.route(verb, "/v1/cart", carts, scope="shop/chat")
        door.route("PUT", "/v1/cart/lines/{sku}", carts, scope="shop/chat", body=True)
        door.route("DELETE", "/v1/cart/lines/{sku}", carts, scope="shop/chat")
        return carts

    def _checkout(self, door: FrontDoor) -> CapabilityFunction:
        ground, data = self._ground, self._ground.data
        checkout = CapabilityFunction(
            self,
            "checkout",
            ground,
            layers=_PAYS,
            timeout_s=10,
            memory_mb=512,
            environment={
                "CARTS_TABLE": data.carts.table_name,
                "CLAIMS_TABLE": data.claims.table_name,
                "MEMBERS_TABLE": data.members.table_name,
                "QUOTE_KEY_SECRET_ARN": data.quote_key_secret.secret_arn,
            },
            in_network=True,
        )
        use_database(checkout, data)
        use_cache(checkout, data)
        use_gateways(checkout, data, ground.stage.gateway_secrets)  # which gateway a shop has
        read_secret(checkout, data.quote_key_secret)
        use_table(checkout, data.carts, "GetItem")
        use_table(checkout, data.claims, "GetItem", "PutItem", "UpdateItem", "DeleteItem")
        use_table(checkout, data.members, "GetItem")
        self._keeps(checkout, opens=False)
        door.route("POST", "/v1/checkout/quote", checkout, scope="shop/chat", body=True)
        door.route("POST", "/v1/checkout", checkout, scope="shop/chat", body=True)
        return checkout

    def _orders(self, door: FrontDoor) -> CapabilityFunction:
        data = self._ground.data
        orders = CapabilityFunction(
            self,
            "orders",
            self._ground,
            layers=_KEEPS,
            timeout_s=10,
            memory_mb=512,
            environment={"MEMBERS_TABLE": data.members.table_name, "RECEIPTS_BUCKET": data.receipts.bucket_name},
            in_network=True,
        )
        use_database(orders, data)
        use_objects(orders, data, data.receipts, "receipts/", "GetObject")
        list_objects(orders, data.receipts)
        use_table(orders, data.members, "GetItem")
        self._keeps(orders, opens=True)  # what a bank asks a shopper is told to that shopper
        door.route("GET", "/v1/orders", orders, scope="shop/chat", parameters=("limit", "cursor"))
        door.route("GET", "/v1/orders/{order_id}", orders, scope="shop/chat")
        door.route("GET", "/v1/orders/{order_id}/receipt", orders, scope="shop/chat")
        door.route("POST", "/v1/orders/{order_id}/proof", orders, scope="shop/chat", body=True)
        door.route("POST", "/v1/orders/{order_id}/cancel", orders, scope="shop/orders")
        door.route("POST", "/v1/orders/{order_id}/refund", orders, scope="shop/orders", body=True)
        door.route("GET", "/v1/terms", orders, scope="shop/orders")
        door.route("PUT", "/v1/terms", orders, scope="shop/orders", body=True)
        return orders

    def _orders_function(
        self,
        name: str,
        *,
        timeout_s: int,
        layers: tuple[str, ...] = ("common",),
        outward: bool = False,
        failures: str = _STEPS,
    ) -> CapabilityFunction:
        """A function that changes orders, and neither opens the vault nor moves money."""
        function = CapabilityFunction(
            self,
            name,
            self._ground,
            layers=layers,
            timeout_s=timeout_s,
            memory_mb=256,
            in_network=True,
            outward=outward,
            failures=failures,
        )
        use_database(function, self._ground.data)
        return function

    def _paying_function(self, name: str, *, timeout_s: int) -> CapabilityFunction:
        """A function that moves money: it reaches the gateways."""
        ground, data = self._ground, self._ground.data
        function = CapabilityFunction(
            self,
            name,
            ground,
            layers=_PAYS if name == "authorize" else ("common", "payments"),
            timeout_s=timeout_s,
            memory_mb=512,
            in_network=True,
            outward=True,
        )
        use_database(function, data)
        use_gateways(function, data, ground.stage.gateway_secrets)
        return function

    def _keeps(self, function: CapabilityFunction, *, opens: bool) -> None:
        """Keep payments' tokens; `opens`: and see what they stand for, those of payments and no others."""
        data = self._ground.data
        function.add_environment("PERSONAL_TABLE", data.personal.table_name)
        function.add_environment("PERSONAL_KEY_ARN", data.personal_key.key_arn)
        use_table(function, data.personal, "GetItem", "PutItem")
        use_personal_key(function, data, "payment", "GenerateDataKey", *(("Decrypt",) if opens else ()))
        use_personal_key(function, data, "token", "Decrypt", "GenerateDataKey")

    def _wakes(self, function: CapabilityFunction) -> None:
        """A task's token is its own authority: the action takes no resource."""
        function.add_to_role_policy(iam.PolicyStatement(actions=["states:SendTaskSuccess"], resources=["*"]))

    def _topic(self) -> sns.Topic:
        ground = self._ground
        self.topic_key = kms.Key(
            self,
            "TopicKey",
            description=f"Shopwright {ground.stage.name}: order events.",
            enable_key_rotation=True,
        )
        return sns.Topic(
            self,
            "Orders",
            topic_name=ground.stage.resource("orders"),
            display_name=f"Shopwright {ground.stage.name}: order events",
            master_key=self.topic_key,
            enforce_ssl=True,
        )

    def _every(self, function: CapabilityFunction, schedule: events.Schedule, why: str) -> None:
        rule = events.Rule(
            function,
            "Schedule",
            description=why,
            schedule=schedule,
            targets=[targets.LambdaFunction(function, retry_attempts=0)],
        )
        acknowledge(
            rule, {"Serverless-EventBusDLQ": "A tick holds nothing: one that is lost is made good by the next one."}
        )

    def _alarms(self, scheduled: tuple[CapabilityFunction, ...]) -> None:
        on = self._ground.alarms.on
        on(
            self.parked,
            "Waiting",
            self.parked.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
            above=0,
            says="A payment could not be undone, and its order is parked: read why in the log of compensate, cure it, "
            "and run make resume (docs/runbooks/checkout.md).",
        )
        for name, metric in (
            ("FailedSagas", self.machine.metric_failed(period=MINUTE)),
            ("TimedOutSagas", self.machine.metric_timed_out(period=MINUTE)),
        ):
            on(
                self,
                name,
                metric,
                above=0,
                says="A checkout ended without an outcome; the sweeper looks after its order. See "
                "docs/runbooks/checkout.md.",
            )
        for name, says in (
            ("Differences", "Our books and a gateway's differ."),
            (
                "Unreached",
                "Merchants' orders could not be held against their gateway; the log of reconcile names them.",
            ),
        ):
            on(
                self,
                name,
                cloudwatch.Metric(
                    namespace="Shopwright",
                    metric_name=f"Reconciliation{name}",
                    dimensions_map={"service": "reconcile"},
                    statistic="Maximum",
                    period=Duration.hours(1),
                ),
                above=0,
                says=f"{says} See docs/runbooks/checkout.md.",
            )
        for function in scheduled:
            on(
                function,
                "Failing",
                function.metric_errors(period=Duration.hours(1), statistic="Sum"),
                above=2,
                says=f"{function.folder} has failed more than twice in an hour. Its log says why.",
            )


def _executions_of(machine: AslStateMachine) -> str:
    """The machine's executions: its own ARN names no pattern for them."""
    return Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.deployed}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _role(function: CapabilityFunction) -> iam.IRole:
    if function.role is None:
        raise ValueError(f"{function.node.path} has no role.")
    return function.role


def _use_key(function: CapabilityFunction, key: kms.Key, service: str) -> None:
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com"}},
        )
    )
