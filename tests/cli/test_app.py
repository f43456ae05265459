"""The command line as a user meets it."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gnas_ray.cli.app import app

COMMANDS = {
    *("check", "search", "resume", "show", "report", "retrain", "baselines", "recommend", "serve"),
    *("submit", "jobs", "status", "logs", "stop", "space", "data", "encoder"),
}


def gnas_ray(*words: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    result = CliRunner().invoke(app, list(map(str, words)))
    return result.exit_code, result.stdout, result.stderr


def python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=60, check=False)


def test_help_loads_neither_torch_nor_ray_nor_optuna() -> None:
    code = """
import sys
from gnas_ray.cli.app import app
try:
    app(["--help"])
except SystemExit:
    pass
print("loaded:", sorted({"torch", "ray", "optuna", "pyarrow", "pydantic", "numpy"} & set(sys.modules)))
"""
    done = python("-c", code)
    assert done.stdout.rstrip().endswith("loaded: []"), done.stdout + done.stderr


def test_help_names_every_command_with_a_whole_sentence() -> None:
    code, out, _ = gnas_ray("--help")
    assert code == 0
    lines = [line.split(maxsplit=1) for line in out.partition("Commands:")[2].splitlines() if line.strip()]
    assert {name for name, _ in lines} == COMMANDS
    assert all(sentence.rstrip().endswith(".") and "..." not in sentence for _, sentence in lines)


@pytest.mark.parametrize("command", sorted(COMMANDS - {"space", "data", "encoder"}))
def test_every_command_s_help_teaches_with_an_example(command: str) -> None:
    code, out, _ = gnas_ray(command, "--help")
    assert code == 0
    assert f"gnas-ray {command} " in out.partition("Example")[2]


@pytest.mark.parametrize(
    "command", ["space show", "space sample", "space schema", "data fetch", "data prepare", "encoder fetch"]
)
def test_every_inner_command_s_help_teaches_with_an_example(command: str) -> None:
    code, out, _ = gnas_ray(*command.split(), "--help")
    assert code == 0
    assert f"gnas-ray {command} " in out.partition("Example")[2]


def test_wrong_usage_exits_with_2_and_no_traceback() -> None:
    for words in (["serach"], ["show"], ["search", "nowhere.yaml"], ["show", "nowhere"], ["space", "show", "reccys"]):
        code, out, err = gnas_ray(*words)
        assert code == 2, words
        assert err
        assert "Traceback" not in out + err


def test_an_error_is_text_unless_debugging(tmp_path: Path) -> None:
    code, _, err = gnas_ray("show", tmp_path / "none")
    assert (code, "no such folder" in err) == (2, True)
    done = python("-m", "gnas_ray.cli", "--debug", "show", str(tmp_path / "none"))
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_version() -> None:
    code, out, _ = gnas_ray("--version")
    assert (code, out.strip()) == (0, "0.1.0")


def test_no_words_show_the_help() -> None:
    _, out, err = gnas_ray()
    assert "Commands:" in out + err


def test_a_search_that_has_nothing_to_start_from_never_starts(tmp_path: Path) -> None:
    experiment = tmp_path / "small.yaml"
    experiment.write_text("name: small\ndata: {dataset: movielens-100k}\nspace: {decisions: {num_layers: [0]}}\n")
    code, _, err = gnas_ray("search", experiment, "--warm-start", tmp_path / "before")
    assert code == 2
    assert "before: 1 problem" in err and "no such folder" in err
