"""May this caller use this route: `access.toml`, read once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from shopwright.errors import Denied
from shopwright.tenancy.caller import Caller, Role


@dataclass(frozen=True, slots=True)
class Access:
    """One row: nothing needed of a public route, a scope and a role of any other."""

    public: bool
    scope: str
    roles: frozenset[Role]


@cache
def table() -> dict[str, Access]:
    """`METHOD /path/{parameter}` → what it asks of a caller."""
    rows = tomllib.loads(files("shopwright.runtime").joinpath("access.toml").read_text("utf-8"))
    return {route: _access(route, row) for route, row in rows.items()}


def permit(access: Access, caller: Caller) -> None:
    """Raise Denied unless the caller has the scope and a fitting role."""
    if access.scope not in caller.scopes:
        raise Denied(f"This needs a token with the scope {access.scope}.")
    if caller.role not in access.roles:
        raise Denied(f"This is not open to the role {caller.role.value}.")


def _access(route: str, row: dict[str, object]) -> Access:
    match row:
        case {"public": True, **rest} if not rest:
            return Access(public=True, scope="", roles=frozenset())
        case {"scope": str(scope), "roles": [_, *_] as roles, **rest} if scope and not rest:
            return Access(public=False, scope=scope, roles=frozenset(Role(str(role)) for role in roles))
    raise ValueError(f"access.toml: the row of {route} must be `public = true` or have a scope and roles.")
