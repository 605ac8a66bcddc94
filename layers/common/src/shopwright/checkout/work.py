"""What the checkout machine hands to its steps: ids, and nothing that an execution's history must not hold."""

from pydantic import BaseModel, ConfigDict, Field

from shopwright.tenancy.tenant import Tenant

ORDER_ID = r"^o-[a-z2-7]{26}$"


class Step(BaseModel):
    """Which order of which merchant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    merchant_id: str = Field(min_length=3, max_length=40)
    order_id: str = Field(pattern=ORDER_ID)

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.merchant_id)


class Waiting(Step):
    """The same; with a token, it only asks to be woken by it."""

    token: str = Field(default="", max_length=2048, repr=False)


class Asking(Waiting):
    """The same; `again`, to learn what became of a payment that is being undone."""

    again: bool = False


class Undoing(Waiting):
    """The same, and the name of the error that made the saga turn round; `give_up`, when undoing it has failed."""

    why: str = Field(default="Asked", max_length=200)
    give_up: str = Field(default="", max_length=200)

    @property
    def reason(self) -> str:
        """An error of ours by its name; the platform's hold dots, and say nothing to anybody."""
        return self.why if self.why.isidentifier() else "Failed"
