"""Everything that exists because what is masked may be asked for again, and must be erasable."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import use_personal_key, use_table
from cdk.parts.ground import Ground
from cdk.stacks.data import Data

LAYERS = ("common", "vault")  # of whatever seals, reads or erases
_MANY = 50  # restores in five minutes: a person at a desk does not get there


def keep_personal(function: lambda_.Function, data: Data) -> None:
    """Masking with tokens: it may seal values and name them, and can read none of them back."""
    use_table(function, data.personal, "GetItem", "PutItem")
    use_personal_key(function, data, "value", "GenerateDataKey")
    use_personal_key(function, data, "token", "Decrypt", "GenerateDataKey")


def erase_personal(function: lambda_.Function, data: Data) -> None:
    """Destroying what was kept: it may remove keys and tokens, and can open none of them."""
    use_table(function, data.personal, "DeleteItem", "GetItem", "PutItem", "Query")


class Privacy(Construct):
    """restore-personal alone may read what was kept; erase-personal destroys the keys and can open none."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor) -> None:
        super().__init__(scope, name)
        data = ground.data
        tables = {
            "MEMBERS_TABLE": data.members.table_name,
            "PERSONAL_TABLE": data.personal.table_name,
            "PERSONAL_RECORDS_TABLE": data.personal_records.table_name,
        }

        restore = CapabilityFunction(
            self,
            "restore-personal",
            ground,
            layers=LAYERS,
            timeout_s=10,
            memory_mb=256,
            environment={**tables, "PERSONAL_KEY_ARN": data.personal_key.key_arn},
        )
        use_table(restore, data.members, "GetItem")
        use_table(restore, data.personal, "GetItem")
        use_table(restore, data.personal_records, "PutItem")
        use_personal_key(restore, data, "value", "Decrypt")
        door.route("POST", "/v1/privacy/restore", restore, scope="shop/restore", body=True)
        ground.alarms.on(
            restore,
            "Many",
            restore.metric_invocations(period=Duration.minutes(5)),
            above=_MANY,
            says="Personal data is being restored in numbers. See the personal records for who asks, and why.",
        )

        erase = CapabilityFunction(
            self, "erase-personal", ground, layers=LAYERS, timeout_s=29, memory_mb=256, environment=tables
        )
        use_table(erase, data.members, "GetItem")
        erase_personal(erase, data)
        use_table(erase, data.personal_records, "PutItem")
        door.route("POST", "/v1/privacy/erase", erase, scope="shop/erase", body=True)
        for function in (restore, erase):
            ground.alarms.on(
                function,
                "Failing",
                function.metric_errors(),
                above=0,
                says=f"{function.folder} fails: personal data can be neither had back nor erased. See its log group.",
            )

        self.functions = (restore, erase)
