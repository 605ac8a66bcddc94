"""Everything that exists because shoppers buy."""

from constructs import Construct

from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import use_cache, use_database, use_table
from cdk.parts.ground import Ground


class Checkout(Construct):
    """carts keeps what a shopper means to buy, and tells it at the prices of now."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor) -> None:
        super().__init__(scope, name)
        data = ground.data
        carts = CapabilityFunction(
            self,
            "carts",
            ground,
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

        self.functions = (carts,)
