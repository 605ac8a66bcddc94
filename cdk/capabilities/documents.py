"""Everything that exists because merchants look after their documents over the API."""

from constructs import Construct

from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import list_objects, use_database, use_objects, use_reader, use_table
from cdk.parts.ground import Ground


class Documents(Construct):
    """documents lists, shows, takes uploads (by a signed address) and removes; what follows is the ingestion's work.
    shop-statistics counts them."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor) -> None:
        super().__init__(scope, name)
        data = ground.data
        documents = CapabilityFunction(
            self,
            "documents",
            ground,
            timeout_s=10,
            memory_mb=512,
            environment={
                "DOCUMENTS_BUCKET": data.documents.bucket_name,
                "ARTIFACTS_BUCKET": data.artifacts.bucket_name,
                "MEMBERS_TABLE": data.members.table_name,
            },
            in_network=True,
        )
        use_database(documents, data)
        use_objects(documents, data, data.documents, "documents/", "DeleteObject", "PutObject")
        list_objects(documents, data.artifacts, "steps/")  # how far a document is, the batches there are tell
        use_table(documents, data.members, "GetItem")

        door.route("GET", "/v1/documents", documents, scope="shop/documents", parameters=("limit", "cursor", "status"))
        door.route("POST", "/v1/documents", documents, scope="shop/documents", body=True)
        for verb in ("GET", "DELETE"):
            door.route(verb, "/v1/documents/{document_id}", documents, scope="shop/documents")

        statistics = CapabilityFunction(
            self,
            "shop-statistics",
            ground,
            timeout_s=10,
            memory_mb=256,
            environment={"MEMBERS_TABLE": data.members.table_name},
            in_network=True,
        )
        use_database(statistics, data)
        use_reader(statistics, data)
        use_table(statistics, data.members, "GetItem")
        door.route("GET", "/v1/statistics", statistics, scope="shop/statistics")

        self.functions = (documents, statistics)
