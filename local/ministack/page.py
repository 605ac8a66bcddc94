"""This file changes when how the laptop serves the page of the assembly's CloudFront distribution changes.

MiniStack answers for a distribution at a host name of its own, which few programs resolve, and without TLS it only
says where to go. Here the page is at /page/ of the laptop's own address, with the headers of its own policy.
"""

from typing import Any

from ministack.services import cloudfront

PATH = "/page/"


def served(native: Any) -> Any:
    """MiniStack's application, with the page in it."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await native(_moved(scope) if scope["type"] == "http" else scope, receive, send)

    return app


def _moved(scope: dict[str, Any]) -> dict[str, Any]:
    if not scope["path"].startswith(PATH):
        return scope
    (distribution, *_) = [*cloudfront._distributions.values()] or [None]
    if distribution is None:
        return scope
    path = "/" + scope["path"].removeprefix(PATH)
    label = distribution["DomainName"].partition(".")[0]
    headers = [(name, value) for name, value in scope["headers"] if name not in (b"host", b"x-forwarded-proto")]
    return {
        **scope,
        "path": path,
        "raw_path": path.encode(),
        "headers": [*headers, (b"host", f"{label}.cloudfront.net".encode()), (b"x-forwarded-proto", b"https")],
    }
