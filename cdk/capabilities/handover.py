"""Everything that exists because a shopper may want a person of the shop."""

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import Grantee, publish, use_index, use_table
from cdk.parts.ground import Ground


class Handover(Construct):
    """handovers lists and marks those who wait; the topic tells merchants of each, by the attribute `merchant_id`."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor) -> None:
        super().__init__(scope, name)
        self._data = data = ground.data
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name=f"Shopwright {ground.stage.name}: shoppers who wait for a person",
            master_key=data.tables_key,
            enforce_ssl=True,
        )

        handovers = CapabilityFunction(
            self,
            "handovers",
            ground,
            timeout_s=10,
            memory_mb=512,
            environment={
                "HANDOVERS_TABLE": data.handovers.table_name,
                "MEMBERS_TABLE": data.members.table_name,
            },
        )
        use_table(handovers, data.handovers, "GetItem", "UpdateItem")
        use_index(handovers, data.handovers, "by_pile")
        use_table(handovers, data.members, "GetItem")
        door.route("GET", "/v1/handovers", handovers, scope="shop/handovers", parameters=("state", "limit", "cursor"))
        door.route("GET", "/v1/handovers/{reference}", handovers, scope="shop/handovers")
        door.route("PUT", "/v1/handovers/{reference}", handovers, scope="shop/handovers", body=True)

        self.functions = (handovers,)

    def begun_by(self, function: Grantee) -> None:
        """This function hands conversations over."""
        function.add_environment("HANDOVERS_TABLE", self._data.handovers.table_name)
        function.add_environment("HANDOVERS_TOPIC_ARN", self.topic.topic_arn)
        use_table(function, self._data.handovers, "PutItem")
        publish(function, self.topic, self._data.tables_key)

    def ended_by(self, function: lambda_.Function) -> None:
        """This function ends conversations, and what was handed over of them."""
        function.add_environment("HANDOVERS_TABLE", self._data.handovers.table_name)
        use_table(function, self._data.handovers, "DeleteItem")
