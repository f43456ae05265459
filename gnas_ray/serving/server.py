"""A bundle behind HTTP.

| request | answer |
|---|---|
| ``GET /recommend?user=196&k=5&why=true``, or ``items=50,172`` | ``{"recommendations": [...]}``, as `answers.answer` |
| ``POST /recommend`` with a `Wish` as JSON | the same |
| ``GET /health`` | the bundle's trials and sizes |

What is wrong with a request is told with status 400, as ``{"error": "..."}``.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from gnas_ray.core import GnasRayError, Problem, UsageError
from gnas_ray.serving.answers import Wish, answer
from gnas_ray.serving.bundle import Bundle
from gnas_ray.serving.files import READERS

LARGEST_REQUEST = 1 << 16
"""Bytes."""
MOST_ITEMS = 1000
"""To recommend, or touched, in one request: more would keep the others waiting."""
_MOST_TOLD = 10
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Reloading:
    """The bundle of a folder as it is now: read again once another has taken its place.

    Args:
        folder: Of the bundle.

    Raises:
        BundleError: There is none now. Later the one before goes on, until there is another that can be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._bundle = _ready(folder)

    def current(self) -> Bundle:
        """The bundle; may be called from several threads."""
        if self._lock.acquire(blocking=False):  # while one reads, the others go on with the one before
            try:
                self._follow()
            finally:
                self._lock.release()
        return self._bundle

    def _follow(self) -> None:
        stamp = self._look()
        if stamp in (None, self._stamp):
            return
        try:
            bundle = _ready(self._folder)
        except Exception as error:  # whatever is wrong with it, there is one that works
            print(f"going on with the bundle before: {error}", file=sys.stderr, flush=True)
        else:
            if self._look() != stamp:  # exchanged while it was read: the next request reads it
                return
            self._bundle = bundle
            print(f"serving what is new in {self._folder}", file=sys.stderr, flush=True)
        self._stamp = stamp

    def _look(self) -> tuple[tuple[int, int, int], ...] | None:
        try:
            found = [(self._folder / name).stat() for name in READERS]
        except OSError:  # none, while one takes the place of another
            return None
        return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)


def make_app(folder: Path) -> web.Application:
    """The service of the bundle in `folder`.

    Raises:
        BundleError: There is none.
    """
    bundles = Reloading(folder)

    async def health(request: web.Request) -> web.StreamResponse:
        return web.json_response(await asyncio.to_thread(lambda: _described(bundles.current())))

    async def by_query(request: web.Request) -> web.StreamResponse:
        query = request.query
        asked = {name: ",".join(query.getall(name)) for name in query}
        return await asyncio.to_thread(_answered, bundles, asked, is_text=True)

    async def by_json(request: web.Request) -> web.StreamResponse:
        try:
            asked = await request.json()
        except (ValueError, LookupError, RecursionError) as error:  # no JSON, no such charset, too deep
            raise _wrong(f"not understood: {error}") from None
        return await asyncio.to_thread(_answered, bundles, asked, is_text=False)

    app = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[_errors_as_json])
    app.add_routes(
        [web.get("/health", health), web.get("/recommend", by_query), web.post("/recommend", by_json)],
    )
    return app


def serve(folder: Path, *, host: str, port: int) -> None:
    """Answers until it is interrupted.

    Raises:
        GnasRayError: There is no bundle, or the port can't be had.
    """
    app = make_app(folder)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def say(_: str) -> None:
        print(f"serving {folder} at {address}; Ctrl-C ends it", flush=True)

    try:
        web.run_app(app, host=host, port=port, print=say)
    except OSError as error:
        why = (error.strerror or str(error)).rpartition(": ")[2]  # asyncio's text names the address again
        raise GnasRayError(f"can't listen at {host}:{port}: {why}") from error


def _ready(folder: Path) -> Bundle:
    bundle = Bundle.load(folder)
    bundle.warm_up()
    return bundle


def _answered(bundles: Reloading, asked: Any, *, is_text: bool) -> web.Response:
    if not isinstance(asked, Mapping):
        raise _wrong('not understood: wanted an object, such as {"user": 196}')
    bundle = bundles.current()
    plain = dict(asked)
    if is_text and "user" in plain:
        plain["user"] = bundle.users.parse(plain["user"])
    if is_text and "items" in plain:
        plain["items"] = [bundle.items.parse(text.strip()) for text in plain["items"].split(",") if text.strip()]
    wish = Wish.model_validate(plain)
    if max(wish.k, len(wish.items or ())) > MOST_ITEMS:
        raise _wrong(f"wanted at most {MOST_ITEMS} as k, and as many items")
    return web.json_response({"recommendations": answer(bundle, wish)})


def _described(bundle: Bundle) -> dict[str, Any]:
    contents = bundle.contents
    trials = [refit.spec.number for refit in contents.manifest.refits]
    return {"status": "ok", "trials": trials, "users": len(contents.user_ids), "items": len(contents.item_ids)}


def _wrong(what: str) -> UsageError:
    return UsageError("request", [Problem("", what)])


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors of ours are aiohttp's: logged, and answered with status 500 and no details."""
    try:
        return await handler(request)
    except UsageError as error:
        return _refused(400, "; ".join(problem.what for problem in error.problems[:_MOST_TOLD]))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:_MOST_TOLD]
        told = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}".removeprefix(": ") for one in found)
        return _refused(400, "; ".join(told))
    except web.HTTPException as error:
        refused = _refused(error.status, error.reason)
        if "Allow" in error.headers:  # which 405 must have
            refused.headers["Allow"] = error.headers["Allow"]
        return refused


def _refused(status: int, what: str) -> web.Response:
    return web.json_response({"error": what}, status=status)
