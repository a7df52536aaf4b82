"""Refuses query parameters that an address doesn't have: a misspelt filter must not answer everything."""

from fastapi import Request

from interfaces.http.codes import misplaced


async def known_query(request: Request) -> None:
    """Let pass what the published description knows of the address.

    Raises:
        HttpRefusal: request_invalid.
    """
    if not request.query_params:
        return
    operation = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    if set(request.query_params) - known:
        raise misplaced("query.?", "extra_forbidden", "Unknown parameter")
