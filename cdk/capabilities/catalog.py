"""Everything that exists because shoppers may look at what the merchant sells."""

from constructs import Construct

from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import use_database, use_table
from cdk.parts.ground import Ground


class Catalog(Construct):
    """products lists and shows; what fills the catalog is the ingestion's work."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor) -> None:
        super().__init__(scope, name)
        data = ground.data
        products = CapabilityFunction(
            self,
            "products",
            ground,
            timeout_s=10,
            memory_mb=512,
            environment={"MEMBERS_TABLE": data.members.table_name},
            in_network=True,
        )
        use_database(products, data)
        use_table(products, data.members, "GetItem")

        asked = ("limit", "cursor", "order", "text", "available", "sku")
        door.route("GET", "/v1/products", products, scope="shop/chat", parameters=asked)
        door.route("GET", "/v1/products/{sku}", products, scope="shop/chat")

        self.functions = (products,)
