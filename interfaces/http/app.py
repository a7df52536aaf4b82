"""Puts the API together."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from interfaces.compose import Program
from interfaces.http import (
    alarms,
    cases,
    commands,
    ledgers,
    openapi,
    operations,
    problems,
    rules,
    whatif,
    whistles,
)
from interfaces.http.identity import TokenGuard
from interfaces.http.metrics import Metrics
from interfaces.http.middleware import Surroundings
from interfaces.http.queries import known_query

THREADS: Final = 12
"""Requests worked on at a time; more threads than connections and cores only wait for each other."""


def build(program: Program, *, owns: bool = False) -> FastAPI:
    """Return the API; `owns`: shutting it down closes the program."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        try:
            yield
        finally:
            if owns:
                program.close()

    metrics = Metrics()
    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name,
    )
    app.state.program = program
    app.state.metrics = metrics
    # The order matters: static addresses of a prefix before those with a parameter.
    of_the_api = (
        cases.routes, commands.router(), ledgers.routes, whistles.routes, alarms.routes,
        rules.routes, whatif.routes,
    )  # fmt: skip
    for routes in of_the_api:
        app.include_router(routes, dependencies=[Depends(known_query)])
    app.include_router(operations.routes)
    app.add_api_route("/openapi.json", operations.openapi, include_in_schema=False)
    problems.install(app)
    openapi.install(app, operations.release())
    app.add_middleware(TokenGuard, tokens=program.tokens)
    app.add_middleware(Surroundings, metrics=metrics)
    return app


def _name(route: APIRoute) -> str:
    return route.name
