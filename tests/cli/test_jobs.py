"""The job commands where there is no cluster."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cli.test_app import gnas_ray

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


@pytest.mark.parametrize(
    "words",
    [["jobs"], ["status", "raysubmit_1"], ["logs", "raysubmit_1"], ["stop", "raysubmit_1"], ["submit", "quickstart"]],
)
def test_a_cluster_that_is_not_there_is_an_error_that_names_it(words: list[str]) -> None:
    code, out, err = gnas_ray(*words, "--address", NOBODY)
    assert (code, out) == (1, "")
    assert NOBODY in err
    assert "Traceback" not in err


class Page(BaseHTTPRequestHandler):
    """A web server that knows nothing of Ray and has a page for everything."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


class FailingProxy(Page):
    """The same, where nothing works behind it."""

    status = 502


@pytest.fixture(params=[Page, FailingProxy])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), request.param) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_server_that_is_no_dashboard_is_an_error_that_names_it(port: int) -> None:
    code, _, err = gnas_ray("jobs", "--address", f"http://127.0.0.1:{port}")
    assert code == 1 and f"http://127.0.0.1:{port}" in err and "Traceback" not in err


@pytest.mark.parametrize("words", [["quickstart.yaml", "--folder", "runs/mine"], ["--resume", "runs/mine"]])
def test_a_folder_inside_the_job_s_own_is_refused(words: list[str]) -> None:
    code, _, err = gnas_ray("submit", *words, "--address", NOBODY)
    assert code != 0 and "'runs/mine'" in err and NOBODY not in err


def test_a_search_is_new_or_gone_on_with() -> None:
    for words in (
        [],
        ["quickstart.yaml", "--resume", "/shared/mine"],
        ["--resume", "/shared/a", "--folder", "/shared/b"],
    ):
        code, _, err = gnas_ray("submit", *words, "--address", NOBODY)
        assert code != 0 and "--resume FOLDER" in err
