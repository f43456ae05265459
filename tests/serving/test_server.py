"""A bundle behind HTTP, asked over a real socket."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gnas_ray.serving import Bundle, BundleError
from gnas_ray.serving.answers import Wish, answer
from gnas_ray.serving.server import LARGEST_REQUEST, make_app
from tests.serving.test_bundle import NUM_ITEMS, NUM_USERS, saved


def talk(folder: Path, conversation: Callable[[TestClient], Awaitable[None]]) -> None:
    """Starts the service, has the conversation with it, and stops it."""

    async def run() -> None:
        async with TestClient(TestServer(make_app(folder))) as client:
            await conversation(client)

    asyncio.run(run())


async def get(client: TestClient, path: str) -> tuple[int, Any]:
    async with client.get(path) as response:
        return response.status, await response.json()


async def post(client: TestClient, body: Any) -> tuple[int, Any]:
    async with client.post("/recommend", **body) as response:
        return response.status, await response.json()


def test_users_and_histories_are_answered_as_the_bundle_says(tmp_path: Path) -> None:
    bundle = saved(tmp_path)

    async def conversation(client: TestClient) -> None:
        for path, wish in {
            "/recommend?user=2": Wish(user=2),
            "/recommend?user=2&k=3&include_seen=true&why=true": Wish(user=2, k=3, include_seen=True, why=True),
            "/recommend?items=104,%20108,99&k=2&skip_unknown=1": Wish(items=(104, 108, 99), k=2, skip_unknown=True),
        }.items():
            assert await get(client, path) == (200, {"recommendations": answer(bundle, wish)}), path
        asked = {"items": [104, 108], "k": 2, "why": True}
        assert await post(client, {"json": asked}) == (200, {"recommendations": answer(bundle, Wish(**asked))})
        assert await get(client, "/health") == (
            200,
            {"status": "ok", "trials": [7], "users": NUM_USERS, "items": NUM_ITEMS},
        )

    talk(bundle.folder, conversation)


def test_text_ids_are_texts(tmp_path: Path) -> None:
    bundle = saved(tmp_path, user="anna")

    async def conversation(client: TestClient) -> None:
        status, plain = await get(client, "/recommend?user=anna3&k=1")
        assert (status, plain["recommendations"]) == (200, answer(bundle, Wish(user="anna3", k=1)))

    talk(bundle.folder, conversation)


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"json": {"user": 97}}, "no user 97; the nearest is 5"),
        ({"json": {"user": "anna"}}, "user ids here are whole numbers"),
        ({"json": {"items": [104, 99, 98]}}, "no item 99"),
        ({"json": {"user": 2, "k": 0}}, "k: Input should be greater than or equal to 1"),
        ({"json": {"user": 2, "many": 3}}, "many: Extra inputs are not permitted"),
        ({"json": {"k": 3}}, "wanted one of user and items"),
        ({"json": [1, 2]}, "wanted an object"),
        ({"data": b"{user"}, "not understood"),
        ({"json": {"user": True}}, "user.int: Input should be a valid integer"),
        ({"json": {"user": 2, "k": 1001}}, "at most 1000"),
        ({"data": b"[" * 60_000}, "not understood"),
        ({"data": b"{}", "headers": {"Content-Type": "application/json; charset=none"}}, "not understood"),
    ],
)
def test_what_is_wrong_with_a_request_is_told(tmp_path: Path, asked: dict[str, Any], what: str) -> None:
    async def conversation(client: TestClient) -> None:
        status, plain = await post(client, asked)
        assert status == 400 and what in plain["error"]

    talk(saved(tmp_path).folder, conversation)


def test_what_is_not_there_or_too_large_is_told_too(tmp_path: Path) -> None:
    async def conversation(client: TestClient) -> None:
        assert await get(client, "/recommendations") == (404, {"error": "Not Found"})
        status, plain = await post(client, {"data": b" " * (LARGEST_REQUEST + 1)})
        assert status == 413 and plain["error"]

    talk(saved(tmp_path).folder, conversation)


def test_another_bundle_in_its_place_answers_from_then_on(tmp_path: Path) -> None:
    bundle = saved(tmp_path)

    async def conversation(client: TestClient) -> None:
        before = await get(client, "/recommend?user=2&k=1")
        manifest = bundle.folder / "bundle.json"
        written = manifest.read_text()
        manifest.write_text("{")
        assert await get(client, "/recommend?user=2&k=1") == before, "one that can't be read changes nothing"
        manifest.write_text(written)
        saved(tmp_path, scale=-1)
        after = await get(client, "/recommend?user=2&k=1")
        assert after == (200, {"recommendations": answer(Bundle.load(bundle.folder), Wish(user=2, k=1))}) != before

    talk(bundle.folder, conversation)


def test_no_bundle_is_told_before_it_listens(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle here"):
        make_app(tmp_path)


def test_the_command_answers_until_it_is_interrupted(tmp_path: Path) -> None:
    saved(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gnas_ray.cli", "serve", str(tmp_path), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert f"http://127.0.0.1:{port}" in process.stdout.readline()
            assert wait_for(f"http://127.0.0.1:{port}/health")["trials"] == [7]
            busy = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert busy.returncode == 1 and f"can't listen at 127.0.0.1:{port}" in busy.stderr
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(30) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()  # nothing happens to one that has ended


def wait_for(address: str) -> Any:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return json.load(response)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
