from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from gnas_ray.core import GnasRayError, Measurement
from gnas_ray.data import open_prepared
from gnas_ray.models.channels import CHANNELS
from gnas_ray.training import (
    FittedRecommender,
    FittedTrial,
    Refit,
    Training,
    TrainingTask,
    read_bundle,
    retrain,
    save_bundle,
)
from tests.training.checkerboard import LIGHTGCN, checkerboard_task, trial


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> TrainingTask:
    return checkerboard_task(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def fitted(task: TrainingTask) -> FittedRecommender:
    measured, fitted = run(retrain([Refit(trial({**LIGHTGCN, "loss": "full_softmax"}, seed=5), 30)], task))
    assert [measurement.fidelity for measurement in measured] == list(range(1, 31))
    assert all("hit_rate@1" not in measurement.metrics for measurement in measured[:-1]), "the test part is met once"
    assert measured[-1].metrics == fitted.metrics
    return fitted


def run(training: Generator[Measurement, None, FittedRecommender]) -> tuple[list[Measurement], FittedRecommender]:
    measured = []
    while True:
        try:
            measured.append(next(training))
        except StopIteration as end:
            return measured, end.value


def test_retrained_model_finds_the_test_items(fitted: FittedRecommender) -> None:
    assert fitted.metrics["hit_rate@1"] == 1.0
    (refit,) = fitted.refits
    assert (refit.epochs, refit.spec.seed, fitted.fit_on) == (30, 5, "train+valid")


def test_retrained_model_learned_the_validation_items(fitted: FittedRecommender) -> None:
    """User 0 had all even items but 0 in train and has 0 by now: it outscores every odd one."""
    scores = fitted.user_vectors[0] @ fitted.item_vectors.T
    assert scores[0] > scores[1::2].max()


def test_bundle_gives_back_what_was_saved(tmp_path: Path, fitted: FittedRecommender) -> None:
    manifest = save_bundle(tmp_path / "bundle", fitted)
    contents = read_bundle(tmp_path / "bundle")
    data = open_prepared(Path(fitted.data_folder))
    assert contents.manifest == manifest
    assert manifest.metrics == fitted.metrics and manifest.data_fingerprint == data.fingerprint
    np.testing.assert_array_equal(contents.user_vectors, fitted.user_vectors)
    np.testing.assert_array_equal(contents.item_vectors, fitted.item_vectors)
    assert (contents.seen != data.csr("train", "valid")).nnz == 0
    assert contents.user_ids.equals(data.user_ids) and contents.item_ids.equals(data.item_ids)
    assert contents.item_texts.to_pylist() == data.item_texts.to_pylist()
    weights = load_file(tmp_path / "bundle" / "weights.safetensors")
    np.testing.assert_array_equal(weights["0.user_embedding"], fitted.weights["0.user_embedding"])


@pytest.mark.parametrize("channel", CHANNELS)
def test_bundle_scores_with_the_channel(tmp_path: Path, task: TrainingTask, channel: str) -> None:
    """After one epoch the network knows nothing yet; the channel, with all the weight, has the tested answer."""
    settings = {"ials_regularisation": 1.0, "ease_text_weight": 0.1, "dlae_text_weight": 0.1}  # the texts are random
    spec = trial({**LIGHTGCN, "linear_channel": channel}, channel_weight=100.0, **settings)
    _, fitted = run(retrain([Refit(spec, 1)], task))
    save_bundle(tmp_path / "bundle", fitted)
    contents = read_bundle(tmp_path / "bundle")
    assert fitted.metrics["hit_rate@1"] == 1.0
    scores = np.where(contents.seen.toarray() > 0, -np.inf, contents.user_vectors @ contents.item_vectors.T)
    assert scores[20:].argmax(1).tolist() == [0, 1]
    keys = contents.item_keys
    assert (keys is None) == (channel == "ials")
    if keys is not None:
        of_channel = keys.any(axis=0)
        assert of_channel.any() and not of_channel[: spec.hyperparameters["embedding_size"]].any()
        np.testing.assert_allclose(
            contents.user_vectors[:, of_channel], contents.seen @ keys[:, of_channel], rtol=1e-3, atol=1e-4
        )


def test_an_ensembles_keys_are_those_of_its_members_on_one_scale(tmp_path: Path, task: TrainingTask) -> None:
    members = [{"linear_channel": "ease"}, {}, {"linear_channel": "ials"}, {"linear_channel": "graph_filter"}]
    refits = [Refit(replace(trial({**LIGHTGCN, **member}), number=n), 1) for n, member in enumerate(members)]
    _, together = run(retrain(refits, task))
    keys, seen = together.item_keys, open_prepared(Path(task.data_folder)).csr("train", "valid")
    assert keys is not None and keys.shape == together.item_vectors.shape
    of_channels = keys.any(axis=0)
    np.testing.assert_allclose(together.user_vectors[:, of_channels], seen @ keys[:, of_channels], rtol=1e-3, atol=1e-4)
    alone = [run(retrain([refit], task))[1].item_keys for refit in refits]
    assert [one is None for one in alone] == [False, True, True, False]
    assert of_channels.sum() == sum(one.any(axis=0).sum() for one in alone if one is not None)


def test_an_ensemble_adds_up_scores_of_one_scale_and_is_tested_once(tmp_path: Path, task: TrainingTask) -> None:
    small = Refit(replace(trial(LIGHTGCN, embedding_size=8), number=4), 3)
    large = Refit(replace(trial({"num_layers": 0}, embedding_size=16, learning_rate=0.1), number=2), 5)
    measured, together = run(retrain([small, large], task))
    assert [measurement.fidelity for measurement in measured] == list(range(1, 9))
    assert [m.fidelity for m in measured if "hit_rate@1" in m.metrics] == [8]
    alone = [run(retrain([refit], task))[1] for refit in (small, large)]
    scores = [fitted.user_vectors @ fitted.item_vectors.T for fitted in alone]
    expected = sum(score / score.std() for score in scores)
    np.testing.assert_allclose(together.user_vectors @ together.item_vectors.T, expected, rtol=1e-4, atol=1e-5)
    save_bundle(tmp_path / "bundle", together)
    assert read_bundle(tmp_path / "bundle").manifest.refits == (small, large)
    weights = load_file(tmp_path / "bundle" / "weights.safetensors")
    for refit, fitted in zip((small, large), alone, strict=True):
        name = f"{refit.spec.number}.user_embedding"
        np.testing.assert_array_equal(weights[name], fitted.weights[name])


@pytest.mark.parametrize("has_channel", [False, True])
def test_a_training_that_was_kept_is_given_back_as_what_it_is_and_nothing_else(
    tmp_path: Path, task: TrainingTask, has_channel: bool
) -> None:
    spec = trial({**LIGHTGCN, **({"linear_channel": "ease"} if has_channel else {})}, embedding_size=8)
    refit = Refit(replace(spec, number=4), 2)
    path = tmp_path / "kept" / "one.safetensors"
    assert FittedTrial.load(path, refit) is None
    training = Training(refit, task)
    assert [measurement.fidelity for measurement in training] == [1, 2]
    fitted = training.fitted()
    fitted.save(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    loaded = FittedTrial.load(path, refit)
    assert loaded is not None and loaded.metrics == fitted.metrics and loaded.refit == refit
    np.testing.assert_array_equal(loaded.user_vectors, fitted.user_vectors)
    np.testing.assert_array_equal(loaded.item_vectors, fitted.item_vectors)
    assert (loaded.item_keys is None) == (fitted.item_keys is None) == (not has_channel)
    if loaded.item_keys is not None:
        np.testing.assert_array_equal(loaded.item_keys, fitted.item_keys)
    assert {name: array.tolist() for name, array in loaded.weights.items()} == {
        name: array.tolist() for name, array in fitted.weights.items()
    }
    for other in (Refit(refit.spec, 3), Refit(replace(refit.spec, seed=99), 2)):
        assert FittedTrial.load(path, other) is None
    path.write_bytes(path.read_bytes()[:50])
    assert FittedTrial.load(path, refit) is None, "it is trained again"


def test_bundle_replaces_the_one_before(tmp_path: Path, fitted: FittedRecommender) -> None:
    save_bundle(tmp_path / "bundle", fitted)
    (tmp_path / "bundle" / "left over").touch()
    (tmp_path / ".bundle.of-a-killed-process").mkdir()
    save_bundle(tmp_path / "bundle", fitted)
    assert not (tmp_path / "bundle" / "left over").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_folder_without_a_bundle_is_told(tmp_path: Path) -> None:
    with pytest.raises(GnasRayError, match=r"bundle\.json"):
        read_bundle(tmp_path)


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"format_version": 2}', '{"format_version": 2, "refits": [1]}'])
def test_a_damaged_bundle_is_told(tmp_path: Path, written: str) -> None:
    (tmp_path / "bundle.json").write_text(written)
    with pytest.raises(GnasRayError, match=r"bundle\.json: damaged"):
        read_bundle(tmp_path)


def test_bundle_of_another_format_is_told(tmp_path: Path, fitted: FittedRecommender) -> None:
    save_bundle(tmp_path / "bundle", fitted)
    path = tmp_path / "bundle" / "bundle.json"
    path.write_text(path.read_text().replace('"format_version": 2', '"format_version": 99'))
    with pytest.raises(GnasRayError, match="format 99"):
        read_bundle(tmp_path / "bundle")
