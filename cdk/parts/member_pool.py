"""Who can have a token at all: the Cognito pool, its scopes and its clients."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.stages import Stage

RESOURCE_SERVER = "shop"
SCOPES = {
    "chat": "Ask, and see one's own conversations.",
    "documents": "Manage the merchant's documents.",
    "orders": "Cancel and refund the merchant's orders, and set what delivery costs.",
    "statistics": "See what the merchant's shop holds, counted.",
    "handovers": "See and mark the conversations that wait for a person of the shop.",
    "restore": "Have personal data back that a token stands for. Every use is recorded.",
    "erase": "Erase personal data that was kept under tokens.",
}


class MemberPool(Construct):
    """Users are made by us alone. Whose they are is written in the members table, never in an attribute of the user."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage) -> None:
        super().__init__(scope, name)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=f"shopwright-{stage.name}",
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(username=True),
            sign_in_case_sensitive=False,
            account_recovery=cognito.AccountRecovery.NONE,
            password_policy=cognito.PasswordPolicy(
                min_length=16,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(1),
            ),
            deletion_protection=stage.protected,
            removal_policy=RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY,
        )
        acknowledge(
            self.pool,
            {
                "AwsSolutions-COG2": "Guests and machines cannot have a second factor; for the merchants' people it "
                "comes with the console, which is where they will sign in.",
            },
        )
        self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"shopwright-{stage.name}-{Aws.ACCOUNT_ID}"),
        )
        self.pool.add_resource_server(
            "Shop",
            identifier=RESOURCE_SERVER,
            scopes=[
                cognito.ResourceServerScope(scope_name=scope, scope_description=description)
                for scope, description in SCOPES.items()
            ],
        )
        self.user_client = self._client("User", access=Duration.hours(1), refresh=Duration.days(7))
        self.guest_client = self._client("Guest", access=Duration.minutes(15), refresh=Duration.hours(1))
        guest = self.guest_client.node.default_child
        if not isinstance(guest, cognito.CfnUserPoolClient):
            raise TypeError(f"A user pool client is made of {type(guest).__name__}, which CDK never did before.")
        guest.explicit_auth_flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]  # no refresh: a guest is gone when time is up

    def _client(self, name: str, *, access: Duration, refresh: Duration) -> cognito.UserPoolClient:
        return self.pool.add_client(
            name,
            auth_flows=cognito.AuthFlow(admin_user_password=True),
            disable_o_auth=True,
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=access,
            id_token_validity=access,
            refresh_token_validity=refresh,
        )
