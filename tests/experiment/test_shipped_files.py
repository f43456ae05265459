"""The YAML files that come with the product, and how they are found."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gnas_ray.core import UsageError
from gnas_ray.experiment import (
    experiment_json_schema,
    find_search_space_file,
    load_experiment,
    load_space,
    shipped_files,
)
from gnas_ray.experiment.sections import DEFAULT_BASELINES
from gnas_ray.space import Categorical, build_space
from search_bench.recsys_members import completed

ROOT = Path(__file__).parents[2]


def test_every_shipped_file_is_a_valid_space_or_experiment():
    assert {"recsys.yaml", "quickstart.yaml"} <= shipped_files().keys()
    for file in shipped_files().values():
        assert build_space(load_space(file)).num_architectures() > 1
        if "\nspace:" in file.read_text():
            load_experiment(file)


def test_full_space_has_the_size_worked_out_by_hand():
    # features: id 1, text 3 projections, both 3 projections x 4 fusions; 3 losses and 3 x 4 ways to draw negatives;
    # per layer 9 x 5 x 2; with layers also readout 4, cap 4, text edges 3, edge weights 2, contrastive 4,
    # augmentation 7; adversarial 2; linear channels 6
    layers = sum(90**n for n in (1, 2, 3, 4))
    expected = (1 + 3 + 12) * 15 * 2 * 6 * (1 + layers * 4 * 4 * 3 * 2 * 4 * 7)
    assert build_space(load_space("recsys")).num_architectures() == expected


def test_every_option_of_the_full_space_can_be_built():
    from gnas_ray.models.activations import ACTIVATIONS
    from gnas_ray.models.channels import CHANNELS
    from gnas_ray.models.fusions import FUSIONS
    from gnas_ray.models.item_features import ITEM_FEATURES
    from gnas_ray.models.operators import OPERATORS
    from gnas_ray.models.projections import PROJECTIONS
    from gnas_ray.models.readouts import READOUTS
    from gnas_ray.training.augmentations import AUGMENTATIONS
    from gnas_ray.training.contrasts import CONTRASTS
    from gnas_ray.training.losses import LOSSES
    from gnas_ray.training.negatives import NEGATIVES
    from gnas_ray.training.optimisers import OPTIMISERS

    space = build_space(load_space("recsys.yaml"))
    options = {choice.name: set(choice.options) for choice in space.decisions}
    options |= {h.name: set(h.options) for h in space.hyperparameters if isinstance(h, Categorical)}
    families = {
        "item_features": ITEM_FEATURES,
        "text_projection": PROJECTIONS,
        "fusion": FUSIONS,
        "layer.0.operator": OPERATORS,
        "layer.0.activation": ACTIVATIONS,
        "readout": READOUTS,
        "loss": LOSSES,
        "contrastive": {"none", *CONTRASTS},
        "augmentation": {"none", *AUGMENTATIONS},
        "negatives": NEGATIVES,
        "linear_channel": {"none", *CHANNELS},
        "optimiser": OPTIMISERS,
    }
    for name, family in families.items():
        assert options[name] <= set(family)


def test_quickstart_members_are_members_of_the_full_space():
    full, quick = build_space(load_space("recsys.yaml")), build_space(load_space("quickstart.yaml"))
    generator = random.Random(0)
    for _ in range(300):
        architecture = quick.sample_architecture(generator)
        assert full.check(completed(full, architecture), quick.sample_hyperparameters(architecture, generator)) == []


def test_quickstart_tries_what_is_known_to_be_good_first():
    experiment = load_experiment("quickstart.yaml")
    names = [known.name for known in experiment.prior_members]
    assert names[:2] == ["LM + LightGCN + denoising autoencoder", "LM + LightGCN + iALS"]
    assert {"LM + LightGCN", "LightGCN", "NGCF", "LM + MLP + LightGCN", "matrix factorisation"} <= set(names)
    keys = {experiment.search_space.key(known.architecture) for known in experiment.prior_members}
    assert len(keys) == len(names)
    assert experiment.encoder_names == ("all-MiniLM-L6-v2",)
    assert experiment.budget.trials >= 24


def test_shipped_file_is_found_by_name_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_search_space_file("recsys.yaml") == ROOT / "search_spaces/recsys.yaml"
    assert find_search_space_file("recsys") == ROOT / "search_spaces/recsys.yaml"
    assert find_search_space_file("search_spaces/quickstart.yaml") == ROOT / "search_spaces/quickstart.yaml"


def test_file_of_ones_own_comes_before_a_shipped_one(tmp_path, monkeypatch):
    (tmp_path / "recsys.yaml").write_text("decisions: {a: [1]}\n")
    monkeypatch.chdir(tmp_path)
    assert find_search_space_file("recsys.yaml").resolve() == tmp_path / "recsys.yaml"
    assert find_search_space_file("recsys.yaml", beside=Path("/")) == ROOT / "search_spaces/recsys.yaml"


@pytest.mark.parametrize("folder", ["projct", "../spaces", "~/projct", "/projct", "~nobody-here"])
def test_shipped_file_is_not_run_for_one_that_is_not_in_its_folder(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("quickstart.yaml", "quickstart"):
        with pytest.raises(UsageError, match=r"no such file; did you mean 'quickstart.yaml'\?"):
            find_search_space_file(f"{folder}/{name}")


def test_file_that_is_mistyped_is_refused_with_the_nearest_in_its_folder(tmp_path):
    (tmp_path / "books.yaml").write_text("decisions: {a: [1]}\n")
    with pytest.raises(UsageError, match=r"no such file; did you mean 'books.yaml'\?"):
        find_search_space_file(tmp_path / "boks.yaml")


def test_file_that_nobody_has_is_refused_with_the_nearest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no such file; did you mean 'quickstart.yaml'\?"):
        find_search_space_file("quikstart.yaml")


def test_installed_wheel_brings_the_files(tmp_path):
    pytest.importorskip("setuptools", reason="builds a wheel without the network")
    source, installed = tmp_path / "source", tmp_path / "installed"
    source.mkdir()
    for name in ("pyproject.toml", "README.md"):
        (source / name).write_text((ROOT / name).read_text() if (ROOT / name).exists() else "")
    for folder in ("gnas_ray", "search_spaces"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(installed), str(source)], check=True)
    code = "from gnas_ray.experiment import find_search_space_file; print(find_search_space_file('quickstart.yaml'))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()).is_relative_to(installed)


def test_json_schema_file_is_up_to_date():
    written = json.loads((ROOT / "search_spaces/experiment.schema.json").read_text())
    assert written == experiment_json_schema(), (
        "write it anew: gnas-ray space schema search_spaces/experiment.schema.json"
    )


def test_json_schema_knows_members_and_their_parameters():
    controller = experiment_json_schema()["properties"]["controller"]["anyOf"]
    assert "ppo" in controller[0]["enum"]
    [ppo] = [member for member in controller[1:] if member["properties"]["name"]["const"] == "ppo"]
    assert ppo["properties"]["clip"] == {"type": "number", "default": 0.2}
    assert "seed" not in ppo["properties"]
    assert ppo["additionalProperties"] is False


def test_reading_an_experiment_loads_neither_torch_nor_ray():
    code = (
        "import sys; from gnas_ray.experiment import load_experiment; load_experiment('quickstart.yaml');"
        "print(sorted({'torch', 'ray'} & sys.modules.keys()))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_default_baselines_exist():
    from gnas_ray.models.baselines import BASELINES

    assert set(DEFAULT_BASELINES) <= BASELINES.keys()
