"""The tables of the edge: every route has a row that says who may use it, and every entry point a deadline."""

import re
from pathlib import Path

import pytest
from shopwright.errors import Denied
from shopwright.runtime import access, deadlines
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

FUNCTIONS = Path(__file__).parents[4] / "functions"
ROUTE = re.compile(r'@api\.(get|post|put|patch|delete)\(\s*"([^"]+)"')


def routes() -> set[str]:
    return {
        f"{method.upper()} {_template(path)}"
        for module in FUNCTIONS.rglob("*.py")
        for method, path in ROUTE.findall(module.read_text("utf-8"))
    }


def _template(path: str) -> str:
    return path.replace("<", "{").replace(">", "}")


def test_every_route_says_who_may_use_it() -> None:
    assert routes()
    assert routes() - set(access.table()) == set()


def test_every_route_has_a_deadline() -> None:
    assert set(deadlines.budgets()["http"]) == set(access.table())


def test_every_other_function_has_a_deadline() -> None:
    others = {module.parent.name for module in FUNCTIONS.rglob("*.py") if not ROUTE.search(module.read_text("utf-8"))}
    rows = {entry for kind, entries in deadlines.budgets().items() if kind != "http" for entry in entries}

    assert others - rows == set()


@pytest.mark.parametrize("kind", ["http", "step", "queue", "trigger"])
def test_a_deadline_is_some_time(kind: str) -> None:
    assert all(0 < budget < 900_000 for budget in deadlines.budgets()[kind].values())


def test_only_these_routes_are_public() -> None:
    public = {route for route, row in access.table().items() if row.public}

    assert public == {"POST /v1/guests", "GET /v1/health", "GET /v1/ready", "POST /v1/webhooks/{gateway}/{merchant}"}


def caller(role: Role, *scopes: str) -> Caller:
    return Caller(Tenant("outdoor"), role, "user#ann", frozenset(scopes))


def _shut_of_a_sale(route: str) -> set[Role]:
    """A shopper buys, and answers their own bank; the shop cancels and refunds, and says what its terms are."""
    if route.startswith("POST /v1/checkout") or route.endswith("/proof"):
        return {Role.MERCHANT, Role.OPERATOR, Role.MACHINE}
    if route.endswith(("/cancel", "/refund", "/v1/terms")):
        return {Role.SHOPPER, Role.GUEST, Role.MACHINE}
    return {Role.MACHINE} if route.startswith("GET /v1/orders") else set()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("route", [route for route, row in access.table().items() if not row.public])
def test_the_whole_matrix_of_roles_and_routes(route: str, role: Role) -> None:
    everything = caller(role, *(row.scope for row in access.table().values() if row.scope))
    shut = (
        {Role.SHOPPER, Role.GUEST}
        if route.split("/")[2] in {"documents", "handovers", "statistics", "privacy"}
        else set()
    )
    if route.endswith(" /v1/context"):
        shut |= set(Role) - {Role.SHOPPER}  # a person who comes back, and agrees for themselves
    if route == "POST /v1/privacy/restore":
        shut |= {Role.MACHINE}  # whoever has personal data back is a person, with a name in the record
    shut |= _shut_of_a_sale(route)
    if role in shut:
        with pytest.raises(Denied):
            access.permit(access.table()[route], everything)
    else:
        access.permit(access.table()[route], everything)
    with pytest.raises(Denied):
        access.permit(access.table()[route], caller(role))
