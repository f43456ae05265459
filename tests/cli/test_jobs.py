"""The job commands where there is no cluster."""

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
