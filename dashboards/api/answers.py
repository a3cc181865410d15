"""Structs in and out of the JSON interface, and their place in the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from campus import __version__
from dashboards.api.examples import with_examples
from dashboards.deps import Deps, deps_of

T = TypeVar("T")
LARGEST_BODY = 64 * 1024
_REF = "#/components/schemas/{name}"
_COMPONENTS = "x-components"
# Every status but success that any route may answer with, and its usual code; see `dashboards.problems`.
REFUSALS = {
    "401": "sign_in_needed", "403": "forbidden", "404": "not_found", "409": "conflict", "422": "invalid",
    "429": "too_many_requests", "503": "unavailable",
}  # fmt: skip
_CODES = {**REFUSALS, "412": "outdated"}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Body of every error of the JSON interface. ``code`` is stable, ``detail`` is for people who read logs."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class InvalidBody(Exception):
    """The body of a request is not what the route takes; the message names the place in it."""


class Json(Response):
    """An answer of frozen values; moments become RFC 3339 text in UTC."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The JSON text of ``content``."""
        return msgspec.json.encode(content)


def body(kind: type[T]) -> Callable[[Request], Awaitable[T]]:
    """A dependency that reads the request's body as ``kind``; raises `InvalidBody`."""

    async def read(request: Request) -> T:
        raw = bytearray()
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > LARGEST_BODY:
                raise InvalidBody(f"the body is larger than {LARGEST_BODY} bytes")
        try:
            return msgspec.json.decode(bytes(raw), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidBody(str(error)) from None
        except RecursionError:
            raise InvalidBody("the body has values within values, too deep to be read") from None

    return read


def content(
    media: str, most: Callable[[Deps], float] = lambda deps: deps.dashboards.file_mb
) -> tuple[Callable[[Request], Awaitable[bytes]], dict[str, Any]]:
    """A dependency that reads a file sent as the body of a request, and what describes it to the OpenAPI document.

    ``most`` tells its largest size in MB.
    """

    async def read(request: Request) -> bytes:
        largest = int(most(deps_of(request)) * 1024 * 1024)
        raw = bytearray()
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > largest:
                raise InvalidBody(f"the file is larger than {largest} bytes")
        return bytes(raw)

    shape = {"schema": {"type": "string", "format": "binary"}}
    return read, {"requestBody": {"required": True, "content": {media: shape}}}


def file_answer(media: str, *more: str) -> dict[str, Any]:
    """Keyword arguments of a route that answers a file of one of these media types."""
    return {"response_class": Response, "responses": {200: {"content": {one: {} for one in (media, *more)}}}}


def file(content: bytes, media: str, name: str) -> Response:
    """A file to be saved under ``name`` (ASCII)."""
    named = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media, headers=named)


def described(returns: Any, takes: Any = None, refuses: Sequence[str] = ()) -> dict[str, Any]:
    """Keyword arguments of a route that describe what it answers and takes to the OpenAPI document.

    ``refuses`` are statuses of its own, beside `REFUSALS`.
    """
    kinds = [kind for kind in (returns, takes) if kind is not None]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    extra: dict[str, Any] = {_COMPONENTS: components}
    if takes is not None:
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[-1]}}}
    ok = {"description": "OK", "content": {"application/json": {"schema": schemas[0]}}}
    return {"response_model": None, "responses": {200: ok, **refusals(refuses)}, "openapi_extra": extra}


def refusals(statuses: Iterable[str]) -> dict[str, Any]:
    """What the document says of each of these statuses: a problem, with its usual code as the example."""
    return {status: _refusal(int(status), _CODES.get(status, "broken")) for status in statuses}


def _refusal(status: int, code: str) -> dict[str, Any]:
    title = code.replace("_", " ")
    example = Problem(
        type=f"urn:campus:problem:{code}", title=title, status=status, code=code, detail="what, and the fix"
    )
    media = {"schema": {"$ref": _REF.format(name="Problem")}, "example": msgspec.to_builtins(example)}
    return {"description": f"A problem (RFC 9457): {title}", "content": {"application/problem+json": media}}


def describe(app: FastAPI) -> None:
    """Let ``app`` describe its JSON interface, with the structs that `described` named."""

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            document = get_openapi(title="Campus safety", version=__version__, routes=app.routes)
            app.openapi_schema = with_examples(_with_components(document))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents for its own extension


def operation_id(route: APIRoute) -> str:
    """What clients that are made from the document call an operation: ``alarms_acknowledge``."""
    return f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"


def _first_sentence(text: str) -> str:
    return re.split(r"[.;:](?=\s|$)", text, maxsplit=1)[0].replace("\n", " ")


def _with_components(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for operations in document["paths"].values():
        for operation in operations.values():
            for name, shape in operation.pop(_COMPONENTS, {}).items():
                if schemas.setdefault(name, shape) != shape:
                    raise TypeError(f"two shapes of the interface are named {name}; rename one of them")
            operation["responses"] |= refusals(REFUSALS)
            operation["summary"] = _first_sentence(operation["description"])
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which no answer has
        schemas.pop(name, None)
    schemas.update(msgspec.json.schema_components([Problem], ref_template=_REF)[1])
    return document
