"""POST /v1/webhooks/{gateway}/{merchant}: what a payment gateway tells a merchant, verified and handed on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from shopwright.checkout.gateways import Event, Gateway, Misconfigured, Told, WebhookForged, message
from shopwright.checkout.gateways.accounts import Accounts
from shopwright.checkout.gateways.dynamodb import Records, State
from shopwright.checkout.gateways.message import WebhookMessage
from shopwright.checkout.gateways.sqs import Events
from shopwright.checkout.order import GRAVE
from shopwright.errors import NotFound
from shopwright.observability import metrics
from shopwright.runtime import http
from shopwright.runtime.settings import Settings
from shopwright.tenancy.tenant import NotAMerchant, Tenant

ACCEPTED = {"stripe": ("application/json", '{"received":true}'), "adyen": ("text/plain", "[accepted]")}


class Environment(Settings):
    gateway_secrets: str
    webhooks_table: str
    webhooks_queue_url: str


class NoSuchGateway(NotFound):
    """The merchant has no such gateway; whether there is such a merchant is nobody's business."""

    def __init__(self) -> None:
        super().__init__("There is nothing at this address.")


@dataclass(frozen=True, slots=True)
class Desk:
    gateway: Callable[[Tenant], Gateway]
    known: Callable[[WebhookMessage], bool]
    hand_on: Callable[[WebhookMessage], None]
    keep: Callable[[WebhookMessage, State], None]


@cache
def wire() -> Desk:
    env = Environment.read()
    records = Records(env.webhooks_table)

    def nothing(_: Tenant, token: str) -> str:
        raise LookupError("A webhook opens no token.")

    return Desk(
        gateway=Accounts(env.gateway_secrets, nothing).of,
        known=records.known,
        hand_on=Events(env.webhooks_queue_url).hand_on,
        keep=records.keep,
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.post("/v1/webhooks/<gateway>/<merchant>")
    def take(gateway: str, merchant: str) -> Response[Any]:
        at = desk()
        try:
            tenant = Tenant(merchant)
            account = at.gateway(tenant)
        except (NotAMerchant, Misconfigured):
            raise NoSuchGateway from None
        if account.vendor != gateway:
            raise NoSuchGateway
        for told in _verified(account, api.current_event):
            one = message.of(tenant, account.vendor, told)
            if at.known(one):
                metrics.count("WebhooksKnown")
            elif not (one.name or (one.reference and told.told in GRAVE)):  # a dispute has the payment's name alone
                at.keep(one, "unknown")
            elif told.told is Told.OTHER:
                at.keep(one, "noted")
            else:
                at.hand_on(one)
                at.keep(one, "handed_on")
        content_type, said = ACCEPTED[account.vendor]
        return Response(status_code=200, content_type=content_type, body=said)

    return http.handler(api, admit=None, trail=None)


def _verified(account: Gateway, event: APIGatewayProxyEvent) -> tuple[Event, ...]:
    body = event.decoded_body if event.body else ""
    try:
        return account.verify_webhook(event.headers, (body or "").encode("utf-8", "surrogatepass"))
    except WebhookForged:
        metrics.count("WebhooksForged")
        raise


handler = build()
