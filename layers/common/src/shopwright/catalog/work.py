"""What the steps of ingestion hand to each other about a feed: changes when the last one needs to know more."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shopwright.catalog.passages import Owner
from shopwright.catalog.product import Feed


class FeedPayload(BaseModel):
    """A feed as it was read, and of which of its products each passage is."""

    model_config = ConfigDict(frozen=True)

    feed: Feed
    owners: dict[UUID, Owner]
