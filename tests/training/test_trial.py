import gc
import math
import statistics
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gnas_ray.core import Failure, GnasRayError, Measurement, UsageError, Value
from gnas_ray.models.channels import CHANNELS
from gnas_ray.models.channels.ease import EaseChannel
from gnas_ray.models.operators import OPERATORS
from gnas_ray.training import CheckpointError, NanLossError, train
from gnas_ray.training.inputs import _open_inputs
from gnas_ray.training.losses import LOSSES
from gnas_ray.training.options import TrainingOptions
from gnas_ray.training.recorded_step import RecordedStep
from gnas_ray.training.trainer import Trainer
from tests.training.checkerboard import (
    LIGHTGCN,
    checkerboard_task,
    prepare_pairs,
    train_pairs,
    trial,
    valid_pairs,
)

RICH: dict[str, Value] = {
    "item_features": "both",
    "text_encoder": "all-MiniLM-L6-v2",
    "text_projection": "mlp",
    "fusion": "gate",
    "num_layers": 2,
    "layer.0.operator": "gin",
    "layer.0.activation": "relu",
    "layer.0.residual": True,
    "layer.1.operator": "ngcf",
    "readout": "attention",
    "text_edges": 5,
    "edge_weights": "rating",
    "loss": "sampled_softmax",
    "contrastive": "simgcl",
    "augmentation": "edge_dropout",
    "adversarial": "apr",
}
COSTS = {"epoch_seconds", "samples_per_second", "num_parameters", "peak_memory_bytes", "latency_ms", "loss"}


def without_clock(measurements: list[Measurement]) -> list[tuple[int, dict[str, float]]]:
    return [(m.fidelity, {k: v for k, v in m.metrics.items() if k not in COSTS - {"loss"}}) for m in measurements]


@pytest.mark.parametrize("loss", LOSSES)
def test_lightgcn_recovers_the_held_out_item(tmp_path: Path, loss: str) -> None:
    task = checkerboard_task(tmp_path, max_epochs=40)
    *_, last = train(trial({**LIGHTGCN, "loss": loss}), task)
    assert last.metrics["hit_rate@1"] == 1.0


def test_measures_every_epoch_what_was_asked_and_what_it_cost(tmp_path: Path) -> None:
    measurements = list(train(trial(LIGHTGCN), checkerboard_task(tmp_path)))
    assert [m.fidelity for m in measurements] == [1, 2, 3]
    for measurement in measurements:
        assert set(measurement.metrics) == {"hit_rate@1", "ndcg@5"} | COSTS
        assert all(math.isfinite(value) for value in measurement.metrics.values())
    assert measurements[0].metrics["num_parameters"] == (22 + 20) * 8
    assert measurements[0].metrics["peak_memory_bytes"] > 10 * 2**20


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_resumed_trial_has_the_numbers_of_an_uninterrupted_one(tmp_path: Path, optimiser: str) -> None:
    spec = trial(RICH, optimiser=optimiser, dropout=0.3, num_negatives=8, noise=0.1, weight_decay=1e-4)
    task = checkerboard_task(tmp_path, max_epochs=5)
    whole = without_clock(list(train(spec, task)))
    interrupted = train(spec, task, checkpoint_folder=tmp_path / "trial")
    first = [next(interrupted), next(interrupted)]
    interrupted.close()
    torch.manual_seed(99)  # whatever happened meanwhile in the process
    rest = list(train(spec, task, checkpoint_folder=tmp_path / "trial"))
    assert rest[:2] == first, "what was measured is said again, in case it was lost"
    assert without_clock(rest) == whole


def test_a_trial_trained_in_parts_has_the_numbers_of_one_that_was_not(tmp_path: Path) -> None:
    spec, task = trial(RICH, dropout=0.3), checkerboard_task(tmp_path, max_epochs=4, checkpoint_every=3)
    whole = without_clock(list(train(spec, task)))
    part = list(train(spec, task, checkpoint_folder=tmp_path / "trial", until=2))
    rest = list(train(spec, task, checkpoint_folder=tmp_path / "trial"))
    assert [m.fidelity for m in part] == [1, 2]
    assert rest[:2] == part, "it has a checkpoint where it paused, though none was due"
    assert without_clock(rest) == whole


@pytest.mark.parametrize("channel", CHANNELS)
def test_resumed_trial_with_a_channel_has_the_numbers_of_an_uninterrupted_one(tmp_path: Path, channel: str) -> None:
    spec = trial({**LIGHTGCN, "linear_channel": channel})
    task = checkerboard_task(tmp_path, max_epochs=3)
    whole = without_clock(list(train(spec, task)))
    interrupted = train(spec, task, checkpoint_folder=tmp_path / "trial")
    next(interrupted)
    interrupted.close()
    _open_inputs.cache_clear()  # as in another process, which fits the channel anew
    assert without_clock(list(train(spec, task, checkpoint_folder=tmp_path / "trial"))) == whole


def test_cosines_are_measured_and_shipped_as_cosines(tmp_path: Path) -> None:
    trainer = Trainer(trial({**LIGHTGCN, "loss": "simplex"}, popularity_weight=0.0), checkerboard_task(tmp_path))
    users, items = trainer.vectors()
    torch.testing.assert_close(items[:, :8].norm(dim=1), torch.ones(20))
    torch.testing.assert_close(users[:, :8].norm(dim=1), torch.ones(22))
    assert (users[:, 8] == 1).all() and (items[:, 8] == 0).all()


@pytest.mark.parametrize("channel", CHANNELS)
def test_channel_adds_its_score_to_the_networks_and_leaves_the_training_alone(tmp_path: Path, channel: str) -> None:
    task = checkerboard_task(tmp_path)
    plain = Trainer(trial(LIGHTGCN), task)
    fused = Trainer(trial({**LIGHTGCN, "linear_channel": channel}, channel_weight=0.5), task)
    assert plain.train_epoch()["loss"] == fused.train_epoch()["loss"]
    (users, items), (fused_users, fused_items) = plain.vectors(), fused.vectors()
    assert torch.equal(fused_users[:, :8], users) and torch.equal(fused_items[:, :8], items)
    added = fused_users @ fused_items.T - users @ items.T
    assert added.std() == pytest.approx(0.5 * (users @ items.T).std().item(), rel=1e-4)
    text = torch.from_numpy(np.load(task.text_vectors["all-MiniLM-L6-v2"]))
    text[-1] = 0  # the one item that has no text
    own_users, own_items, _ = CHANNELS[channel]().fit(fused.inputs.seen, text)
    assert torch.corrcoef(torch.stack([added.flatten(), (own_users @ own_items.T).flatten()]))[0, 1] > 0.9999


def test_channel_alone_recovers_the_held_out_item_of_an_untrained_network(tmp_path: Path) -> None:
    spec = trial(
        {**LIGHTGCN, "linear_channel": "ease"}, learning_rate=1e-9, channel_weight=100.0, ease_regularisation=10.0
    )
    (measured,) = train(spec, checkerboard_task(tmp_path, max_epochs=1))
    assert measured.metrics["hit_rate@1"] == 1.0


def test_channel_that_can_not_be_fitted_fails_its_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnas_ray.models.baselines.ease._MAX_ITEMS", 19)
    with pytest.raises(GnasRayError, match="20² items"):
        next(train(trial({**LIGHTGCN, "linear_channel": "ease"}), checkerboard_task(tmp_path)))


def test_nothing_of_a_trial_is_left_when_the_next_one_begins(tmp_path: Path) -> None:
    """What is left would count as the next one's memory."""
    task = checkerboard_task(tmp_path)
    trainer = Trainer(trial({**RICH, "linear_channel": "ease"}), task)
    trainer.measure(trainer.train_epoch())
    assert trainer._channel is not None
    parts = [trainer.recommender.graph, trainer.recommender.item_features.text.text, *trainer._channel]
    left = [weakref.ref(part) for part in parts]
    del trainer, parts
    Trainer(trial(RICH), task)
    assert [part() for part in left] == [None] * 5


def test_channels_settings_are_decisions_or_hyperparameters() -> None:
    decided = trial({"linear_channel": "ease", "ease_regularisation": 90})
    searched = trial({"linear_channel": "ease"}, ease_regularisation=90.0)
    assert TrainingOptions.from_trial(decided).channel == EaseChannel(90.0)
    assert TrainingOptions.from_trial(searched).channel == EaseChannel(90.0)


def test_trials_that_share_a_process_do_not_disturb_each_other(tmp_path: Path) -> None:
    task = checkerboard_task(tmp_path)
    one, other = trial(RICH, dropout=0.2), trial(RICH, seed=1, dropout=0.2)
    alone = without_clock(list(train(one, task)))
    together = [pair[0] for pair in zip(train(one, task), train(other, task), strict=True)]
    assert without_clock(together) == alone


def test_seeds_differ(tmp_path: Path) -> None:
    task = checkerboard_task(tmp_path, max_epochs=1)
    (first,), (second,) = train(trial(LIGHTGCN), task), train(trial(LIGHTGCN, seed=1), task)
    assert first.metrics["loss"] != second.metrics["loss"]


def test_checkpoints_come_as_often_as_asked_and_at_the_end(tmp_path: Path) -> None:
    task = checkerboard_task(tmp_path, max_epochs=3, checkpoint_every=2)
    folder = tmp_path / "trial"
    found = []
    for _ in train(trial(LIGHTGCN), task, checkpoint_folder=folder):
        found.append(sorted(path.name for path in folder.glob("*.safetensors")))
    assert found == [[], ["epoch-0002.safetensors"], ["epoch-0003.safetensors"]]


def test_another_trials_checkpoint_is_refused(tmp_path: Path) -> None:
    task = checkerboard_task(tmp_path, max_epochs=1)
    list(train(trial(LIGHTGCN), task, checkpoint_folder=tmp_path / "trial"))
    with pytest.raises(CheckpointError, match="another trial"):
        next(train(trial(LIGHTGCN, seed=1), task, checkpoint_folder=tmp_path / "trial"))


def test_exploding_training_ends_with_a_nan_loss(tmp_path: Path) -> None:
    spec = trial({**LIGHTGCN, "loss": "bpr"}, optimiser="sgd", learning_rate=1e30)
    with pytest.raises(NanLossError, match="epoch 1") as caught:
        list(train(spec, checkerboard_task(tmp_path)))
    assert isinstance(caught.value, FloatingPointError), "the driver knows a NaN by this type"
    assert Failure.NAN == "nan"


@pytest.mark.parametrize("channel", ["none", *CHANNELS])
def test_held_out_interactions_never_reach_the_model(tmp_path: Path, channel: str) -> None:
    """Equal training interactions, different valid and test ones: equal vectors."""
    vectors = []
    for name, shift in {"one": 0, "other": 5}.items():
        swapped = [(user, (item + shift) % 20) for user, item in valid_pairs()[:10]]
        train_only = [pair for pair in train_pairs() if pair not in {(u, (i + 5) % 20) for u, i in valid_pairs()}]
        data = prepare_pairs(tmp_path / name, train=train_only, valid=swapped, test=[(20, 0), (21, 1)])
        task = checkerboard_task(tmp_path, data_folder=str(data.folder))
        trainer = Trainer(trial({**RICH, "neighbour_cap": 10, "linear_channel": channel}), task)
        trainer.train_epoch()
        vectors.append(torch.cat(trainer.vectors()))
    assert torch.equal(*vectors)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer.1.operator": "lightgnc"}, "did you mean 'lightgcn'"),
        ({"loss": "full_softmx"}, "did you mean 'full_softmax'"),
        ({"edge_weights": "ratings"}, "did you mean 'rating'"),
        ({"linear_channel": "eas"}, "did you mean 'ease'"),
        ({"text_encoder": "all-MiniLM"}, "did you mean 'all-MiniLM-L6-v2'"),
    ],
)
def test_unknown_option_is_told_with_the_nearest(tmp_path: Path, change: dict[str, Value], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        next(train(trial({**RICH, **change}), checkerboard_task(tmp_path)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("loss", LOSSES)
def test_gpu_in_bfloat16_learns_what_the_cpu_learns(tmp_path: Path, operator: str, loss: str) -> None:
    architecture: dict[str, Value] = {**RICH, "layer.0.operator": operator, "loss": loss, "contrastive": "none"}
    last = {}
    for device in ("cpu", "cuda"):
        *_, last[device] = train(trial(architecture), checkerboard_task(tmp_path, max_epochs=3, device=device))
    # bfloat16 has 8 bits of precision, and the devices draw different batches and negatives.
    assert last["cuda"].metrics["loss"] == pytest.approx(last["cpu"].metrics["loss"], rel=0.1)


def test_learning_rate_falls_every_epoch_and_a_resumed_trial_knows_how_far(tmp_path: Path) -> None:
    spec = trial(LIGHTGCN, learning_rate=0.1, learning_rate_decay=0.5, optimiser="sgd")
    trainer = Trainer(spec, checkerboard_task(tmp_path))
    rates = []
    for _ in range(3):
        trainer.train_epoch()
        rates.append(trainer._optimiser.param_groups[0]["lr"])
    assert rates == [0.1, 0.05, 0.025]
    resumed = Trainer(spec, checkerboard_task(tmp_path))
    resumed.restore(trainer.state(), 3)
    resumed.train_epoch()
    assert resumed._optimiser.param_groups[0]["lr"] == 0.0125


def test_costs_are_the_trials_and_not_an_epochs_or_a_process(tmp_path: Path) -> None:
    task = checkerboard_task(tmp_path, max_epochs=6)
    block = torch.ones(64 * 2**20 // 4)  # 64 MB that the process which goes on does not have
    whole = list(train(trial(LIGHTGCN), task, checkpoint_folder=tmp_path / "trial", until=3))
    del block
    whole += list(train(trial(LIGHTGCN), task, checkpoint_folder=tmp_path / "trial"))[3:]
    first = whole[0].metrics
    num_samples = first["samples_per_second"] * first["epoch_seconds"]
    seconds = [num_samples / measurement.metrics["samples_per_second"] for measurement in whole]
    for epoch, measurement in enumerate(whole, start=1):
        assert measurement.metrics["epoch_seconds"] == pytest.approx(statistics.median(seconds[:epoch]))
        assert measurement.metrics["latency_ms"] == first["latency_ms"], "measured once"
        assert measurement.metrics["peak_memory_bytes"] >= first["peak_memory_bytes"]


def test_gradients_are_clipped_to_a_norm_together(tmp_path: Path) -> None:
    def norm(**hyperparameters: Value) -> float:
        trainer = Trainer(trial(LIGHTGCN, batch_size=1000, **hyperparameters), checkerboard_task(tmp_path))
        trainer.train_epoch()
        gradients = [p.grad for p in trainer.recommender.parameters() if p.grad is not None]
        return float(torch.cat([gradient.flatten() for gradient in gradients]).norm())

    whole = norm()
    assert norm(gradient_clip=whole / 2) == pytest.approx(whole / 2, rel=1e-4)
    assert norm(gradient_clip=whole * 2) == norm(gradient_clip=0) == whole


def test_a_trainer_is_gone_with_its_last_reference(tmp_path: Path) -> None:
    """Nothing refers to itself in a circle, so its memory is free for the next trial at once."""
    trainer = Trainer(trial({**RICH, "augmentation": "noise"}), checkerboard_task(tmp_path))
    trainer.measure(trainer.train_epoch())
    gone = weakref.ref(trainer)
    gc.disable()
    try:
        del trainer
        assert gone() is None
    finally:
        gc.enable()


def test_without_a_gpu_there_is_no_step_to_record(tmp_path: Path) -> None:
    task = checkerboard_task(tmp_path, device="cpu")
    plain, asked = (list(train(trial(RICH), replace(task, cuda_graphs=graphs))) for graphs in (False, True))
    assert without_clock(plain) == without_clock(asked)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("loss", LOSSES)
def test_recorded_steps_learn_what_plain_ones_do(tmp_path: Path, operator: str, loss: str) -> None:
    changes = {"layer.0.operator": operator, "loss": loss, "augmentation": "noise", "adversarial": "none"}
    spec = trial({**RICH, **changes}, batch_size=50, learning_rate_decay=0.8, gradient_clip=0.5)
    losses = []
    for recorded in (False, True):
        task = replace(checkerboard_task(tmp_path, max_epochs=6, device="cuda"), cuda_graphs=recorded)
        trainer = Trainer(spec, task)
        assert isinstance(trainer._recorded, RecordedStep) == recorded
        losses.append([trainer.train_epoch()["loss"] for _ in range(6)])
    # Sums on a GPU come in any order, in bfloat16.
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_texts_that_were_not_encoded_are_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none were encoded"):
        next(train(trial(RICH), checkerboard_task(tmp_path, text_vectors={})))
