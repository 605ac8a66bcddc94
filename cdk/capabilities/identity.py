"""Everything that exists because callers are somebody: tokens that say whose, guests, and signing out."""

from aws_cdk import aws_cognito as cognito
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import allow, use_table
from cdk.parts.ground import Ground
from cdk.parts.member_pool import MemberPool


class Identity(Construct):
    """pre-token writes the claims; guests makes a short-lived shopper; sign-out ends every token of its caller."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor, members: MemberPool) -> None:
        super().__init__(scope, name)
        table = ground.data.members

        pre_token = CapabilityFunction(
            self,
            "pre-token",
            ground,
            timeout_s=5,
            memory_mb=256,
            environment={"MEMBERS_TABLE": table.table_name},
        )
        use_table(pre_token, table, "GetItem")
        members.pool.add_trigger(
            cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG, pre_token, cognito.LambdaVersion.V3_0
        )
        ground.alarms.on(
            pre_token,
            "Failing",
            pre_token.metric_errors(),
            above=0,
            says="pre-token fails: nobody can sign in. See its log group.",
        )

        guests = CapabilityFunction(
            self,
            "guests",
            ground,
            timeout_s=10,
            memory_mb=512,
            environment={
                "MEMBERS_TABLE": table.table_name,
                "USER_POOL_ID": members.pool.user_pool_id,
                "GUEST_CLIENT_ID": members.guest_client.user_pool_client_id,
            },
        )
        use_table(guests, table, "GetItem", "PutItem", "UpdateItem")
        allow(
            guests,
            [
                "cognito-idp:AdminCreateUser",
                "cognito-idp:AdminDeleteUser",  # when the rest fails: no user without a membership is left behind
                "cognito-idp:AdminInitiateAuth",
                "cognito-idp:AdminSetUserPassword",
            ],
            members.pool.user_pool_arn,
        )
        public = door.route("POST", "/v1/guests", guests, scope=None, body=True)
        acknowledge(
            public,
            dict.fromkeys(
                ("AwsSolutions-APIG4", "AwsSolutions-COG4"),
                "Guests have no token yet: this route gives them one, for a known widget key, from an allowed "
                "origin, at a limited rate.",
            ),
        )

        sign_out = CapabilityFunction(
            self,
            "sign-out",
            ground,
            timeout_s=10,
            memory_mb=256,
            environment={"MEMBERS_TABLE": table.table_name, "USER_POOL_ID": members.pool.user_pool_id},
        )
        use_table(sign_out, table, "GetItem", "UpdateItem")
        allow(sign_out, ["cognito-idp:AdminUserGlobalSignOut"], members.pool.user_pool_arn)
        door.route("POST", "/v1/sign-out", sign_out, scope="shop/chat")

        self.functions = (pre_token, guests, sign_out)
