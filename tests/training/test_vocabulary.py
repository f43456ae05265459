"""Words of a search space that no trial understands are told before anything is searched."""

import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gnas_ray
from gnas_ray.cli.app import app
from gnas_ray.core import TrialSpec, UsageError
from gnas_ray.experiment import load_experiment, load_space
from gnas_ray.experiment.prior import every_round
from gnas_ray.experiment.shipped import shipped_files
from gnas_ray.space import build_space
from gnas_ray.training.options import TrainingOptions
from gnas_ray.training.vocabulary import find_unknown_words, load_for_training, words


def problems(file: Path, text: str) -> list[str]:
    file.write_text("name: x\ndata: {dataset: movielens-100k}\n" + textwrap.dedent(text), encoding="utf-8")
    load_experiment(file)  # in order for all but training
    with pytest.raises(UsageError) as refused:
        load_for_training(file)
    return [str(problem) for problem in refused.value.problems]


def test_every_word_that_sets_nothing_and_every_option_that_nothing_has_is_told_with_its_line(tmp_path: Path) -> None:
    found = problems(
        tmp_path / "misspelt.yaml",
        """\
        space:
          decisions:
            item_features:
              options:
                - id
                - txt
            num_layers: [0, 1, 2]
            layer:
              times: num_layers
              decisions:
                operator: [lightgcn, lightgnc]
                activasion: [none]
                residual: [false, "maybe"]
            loss: [bprx]
          hyperparameters:
            learnig_rate: {type: float, low: 1e-3, high: 1e-1}
            embedding_size: {type: float, low: 16, high: 64}
            batch_size: [512, 1000.5, many]
            optimiser: {type: float, low: 0, high: 1}
            dropout: {type: int, low: 0, high: 0}
        """,
    )
    assert found == [
        "line 8: item_features: unknown option 'txt'; did you mean 'text'?",
        "line 13: layer.*.operator: unknown option 'lightgnc'; did you mean 'lightgcn'?",
        "line 14: 'layer.*.activasion' sets nothing in a trial; did you mean 'layer.*.activation'?",
        "line 15: layer.*.residual: 'maybe'; wanted true or false",
        "line 16: loss: unknown option 'bprx'; did you mean 'bpr'?",
        "line 18: 'learnig_rate' sets nothing in a trial; did you mean 'learning_rate'?",
        "line 19: embedding_size is a number of type float; wanted type: int",
        "line 20: batch_size: 1000.5; wanted a whole number",
        "line 20: batch_size: 'many'; wanted a number",
        "line 21: optimiser is a number of type float; wanted a list of options",
    ]


def test_a_choice_that_only_decides_about_others_needs_no_meaning(tmp_path: Path) -> None:
    file = tmp_path / "structured.yaml"
    file.write_text(
        textwrap.dedent("""\
        name: x
        data: {dataset: movielens-100k}
        space:
          decisions:
            kind: [shallow, deep]
            num_layers: {options: [1, 2], when: {kind: deep}}
            layer: {times: num_layers, decisions: {operator: [gcn]}}
            text_encoder: [a-model-of-ones-own]
          hyperparameters: {xyzzy: [1]}
        """),
        encoding="utf-8",
    )
    with pytest.raises(UsageError) as refused:
        load_for_training(file)
    assert [str(problem) for problem in refused.value.problems] == [
        "line 9: 'xyzzy' sets nothing in a trial; recsys.yaml has what does"
    ]


def test_no_way_to_search_begins_with_words_that_nothing_knows(tmp_path: Path) -> None:
    file = tmp_path / "misspelt.yaml"
    text = "name: x\ndata: {dataset: movielens-100k}\nspace: {decisions: {loss: [bpr, bprx]}}\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="line 3: loss: unknown option 'bprx'; did you mean 'bpr'"):
        gnas_ray.search(file, folder=tmp_path / "run")
    with pytest.raises(UsageError, match=r"space\.decisions\.loss.*: unknown option 'bprx'"):
        gnas_ray.search(load_experiment(file), folder=tmp_path / "run")
    for command in (["search", str(file)], ["submit", str(file), "--address", "http://127.0.0.1:1"]):
        ended = CliRunner().invoke(app, command)
        assert ended.exit_code == 2 or isinstance(ended.exception, UsageError)
        assert "did you mean 'bpr'" in ended.output + str(ended.exception)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_the_shipped_experiments_have_no_unknown_words() -> None:
    names = shipped_files().keys() - {"recsys.yaml"}
    assert {"quickstart.yaml", "movielens-100k.yaml"} <= names
    for name in names:
        load_for_training(name)


def test_the_whole_space_uses_nearly_every_word_and_a_trial_takes_any_of_them() -> None:
    """What is not in the full space is what no search needs to vary; every option is one that training knows."""
    space = build_space(load_space("recsys.yaml"))
    assert find_unknown_words(load_space("recsys.yaml")) == []
    used = {choice.name.replace("layer.0.", "layer.*.") for choice in (*space.decisions, *space.hyperparameters)}
    assert words().keys() - used == {"learning_rate_decay", "gradient_clip"}
    for choice in (*space.decisions, *space.hyperparameters):
        if names := words()[every_round(choice.name)].names:
            assert set(choice.options) == set(names), "the full space has all there is"
    for channel in words()["linear_channel"].names or ():
        options = TrainingOptions.from_trial(TrialSpec(0, {"linear_channel": channel}, {}, seed=0))
        assert (options.channel is None) == (channel == "none")
