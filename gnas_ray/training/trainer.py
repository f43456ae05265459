"""One trial's training, epoch by epoch."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from gnas_ray.core import Measurement, TrialSpec, derive_seed
from gnas_ray.metrics.latency import latency_ms_per_1000_users
from gnas_ray.metrics.top_k import top_k
from gnas_ray.models.channels.late_fusion import fuse, fused_keys
from gnas_ray.models.options import RecommenderOptions, choose
from gnas_ray.models.recommender import build_recommender
from gnas_ray.models.vectors import Vectors
from gnas_ray.models.view import PLAIN
from gnas_ray.training.adversarial import adversarial_loss
from gnas_ray.training.augmentations import build_augmentation
from gnas_ray.training.averaging import WeightAverage
from gnas_ray.training.batches import Batch, iterate_batches
from gnas_ray.training.contrasts import build_contrast
from gnas_ray.training.cost import TrialCosts, num_parameters, reset_peak_memory
from gnas_ray.training.errors import NanLossError
from gnas_ray.training.inputs import open_inputs
from gnas_ray.training.losses import LOSSES
from gnas_ray.training.optimisers import build_optimiser, set_learning_rate
from gnas_ray.training.options import TrainingOptions
from gnas_ray.training.ranks import Ranks, SingleRank
from gnas_ray.training.recorded_step import RecordedStep, make_recordable
from gnas_ray.training.state import optimiser_tensors, restore_optimiser
from gnas_ray.training.task import TrainingTask

_LATENCY_USERS, _LATENCY_LENGTH = 1000, 20


class Trainer:
    """A recommender and what trains it. What is measured and shipped is the average of its weights, fused with the
    trial's linear channel where it has one; the loss sees the recommender alone.

    What an epoch draws (order, negatives, dropout, noise) is a function of the trial's seed and the epoch's
    number, so a resumed trial continues as if it had not been interrupted, and trials that share a process do not
    disturb each other: to the last digit on CPU, and up to the order of additions on one kind of GPU.
    """

    def __init__(self, spec: TrialSpec, task: TrainingTask, *, ranks: Ranks | None = None) -> None:
        torch.set_num_threads(task.threads)
        self.spec = spec
        self.device = resolve_device(task.device)
        # Cards before Ampere emulate it, slowly, or refuse it.
        self._has_bfloat16 = self.device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        self.inputs = open_inputs(task, self.device)
        self.options = TrainingOptions.from_trial(spec)
        self.inputs.forget_other_channels(self.options.channel)
        reset_peak_memory(self.device)
        self.ranks = ranks or SingleRank()
        self.epoch = 0
        structure = RecommenderOptions.from_architecture(spec.architecture)
        self.recommender = build_recommender(
            structure,
            self.inputs.recommender_inputs(structure, self.options.embedding_size),
            width=self.options.embedding_size,
            dropout=self.options.dropout,
            seed=derive_seed(spec.seed, "parameters"),
        ).to(self.device)
        channel = self.options.channel
        self._channel = self.inputs.channel_vectors(channel) if channel else None
        self._augmentation = build_augmentation(
            self.options.augmentation, self.options.augmentation_strength, self.recommender
        )
        self._contrast = build_contrast(self.options.loss, self.recommender)
        self._loss = choose(LOSSES, self.options.loss.loss, "loss")(self.options.loss, self.inputs.positives)
        self._parameters = [p for p in self.recommender.parameters() if p.requires_grad]
        self._optimiser = build_optimiser(
            self.options.optimiser,
            self._parameters,
            learning_rate=self.options.learning_rate,
            weight_decay=self.options.weight_decay,
        )
        self._average = WeightAverage(self._parameters)
        self._generator = torch.Generator(self.device)
        self._recorded: RecordedStep | None = None
        if task.cuda_graphs and self._is_recordable:
            make_recordable(self._optimiser, self.device)
            self._recorded = RecordedStep(self._generator)
        self._costs = TrialCosts()

    def train_epoch(self) -> Mapping[str, float]:
        """One pass over the positives: its mean loss and its speed, and the median of all epochs' seconds.

        Raises:
            NanLossError: The loss is not finite.
        """
        self.epoch += 1
        self.recommender.train()
        set_learning_rate(
            self._optimiser, self.options.learning_rate * self.options.learning_rate_decay ** (self.epoch - 1)
        )
        started = time.perf_counter()
        with self._seeded():
            if self._augmentation:
                self._augmentation.start_epoch(derive_seed(self.spec.seed, "augmentation", self.epoch))
            if self._contrast:
                self._contrast.start_epoch(derive_seed(self.spec.seed, "contrast", self.epoch))
            total = torch.zeros((), device=self.device)
            batches = iterate_batches(
                self.inputs.positives, self.options.batch_size, ranks=self.ranks, generator=self._generator
            )
            for batch in batches:
                loss = self._recorded(self._step, batch) if self._recorded else self._step(batch)
                total += loss * len(batch)
                self._average.update()
        mean = total.item() / len(self.inputs.positives)  # the epoch's only wait for the device
        if not torch.isfinite(total):
            raise NanLossError(self.epoch)
        seconds = time.perf_counter() - started
        return {
            "loss": mean,
            "epoch_seconds": self._costs.add_epoch(seconds),
            "samples_per_second": len(self.inputs.positives) / seconds,
        }

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Users' and items' vectors as they are now, float32: those to rank by."""
        network = self._network_vectors()
        fused = fuse(network, self._channel, weight=self.options.channel_weight) if self._channel else network
        return fused.users, fused.items

    def keys(self) -> Tensor | None:
        """Those of `vectors`, on CPU; see `Vectors`."""
        if self._channel is None:
            return None
        return fused_keys(self._network_vectors(), self._channel, weight=self.options.channel_weight)

    @torch.no_grad()
    def _network_vectors(self) -> Vectors:
        self.recommender.eval()
        with self._average.applied(), self._autocast():
            users, items = self.recommender()
        users, items = self._loss.ranking_vectors(users.float(), items.float())
        return Vectors(self._with_new_users(users), items)

    def _with_new_users(self, users: Tensor) -> Tensor:
        """`users`, where who has nothing to learn from has the others' mean: their own vector is still a random one."""
        new, num_known = self.inputs.new_users, len(users) - len(self.inputs.new_users)
        if len(new) == 0 or num_known == 0:
            return users
        mean = (users.sum(dim=0) - users[new].sum(dim=0)) / num_known
        return users.index_copy(0, new, mean.expand(len(new), -1))

    def measure(self, trained: Mapping[str, float]) -> Measurement:
        """Ranking metrics and costs, joined with what `train_epoch` returned."""
        ranking = self.inputs.evaluator.evaluate_vectors(*self.vectors()) if self.inputs.evaluator else {}
        costs = {
            "num_parameters": float(num_parameters(self.recommender)),
            "peak_memory_bytes": self._costs.peak_memory(self.device),
            "latency_ms": self._costs.latency_ms(self._measure_latency),
        }
        return Measurement(self.epoch, {**ranking, **trained, **costs})

    def state(self) -> dict[str, Tensor]:
        """Everything an epoch changes, by name."""
        model = {f"model.{name}": tensor for name, tensor in self.recommender.state_dict().items()}
        return model | optimiser_tensors(self._optimiser) | self._average.tensors() | self._costs.tensors()

    def weights(self) -> dict[str, Tensor]:
        """The averaged parameters and the buffers, by name: those of `vectors`."""
        with self._average.applied():
            return {name: tensor.detach().clone() for name, tensor in self.recommender.state_dict().items()}

    def restore(self, tensors: Mapping[str, Tensor], epoch: int) -> None:
        """Go on from the `state` after `epoch` epochs."""
        model = {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}
        self.recommender.load_state_dict(model)
        restore_optimiser(self._optimiser, tensors)
        self._average.restore(tensors)
        self._costs.restore(tensors)
        self.epoch = epoch

    @property
    def _is_recordable(self) -> bool:
        """Whether every step is the same to the device but for its batch, and one device has all of it."""
        if self.device.type != "cuda" or self.ranks.count > 1:
            return False
        disturbances = [part for part in (self._augmentation, self._contrast) if part]
        return self.options.loss.adversarial == "none" and not any(part.changes_graph for part in disturbances)

    def _step(self, batch: Batch) -> Tensor:
        """One update; the batch's mean loss over all ranks."""
        self._optimiser.zero_grad(set_to_none=True)
        with self._autocast():
            view = self._augmentation.view() if self._augmentation else PLAIN
            if self._contrast is None:
                loss = self._loss_of(self.recommender(view), batch)
            else:
                vectors, term = self._contrast(view, batch, self.ranks)
                loss = self._loss_of(vectors, batch) + self.options.loss.contrastive_weight * term
        loss.backward()  # type: ignore[no-untyped-call]
        loss = loss.detach()
        if self.ranks.count > 1:
            gradients = [p.grad for p in self._parameters if p.grad is not None]  # the same ones on every rank
            self.ranks.sum([*gradients, loss])
        if self.options.gradient_clip > 0:
            torch.nn.utils.clip_grad_norm_(self._parameters, self.options.gradient_clip)
        self._optimiser.step()
        return loss

    def _loss_of(self, vectors: tuple[Tensor, Tensor], batch: Batch) -> Tensor:
        """The rank's share of the loss, adversarial part included."""
        (users, items), generator = vectors, self._generator
        if self.options.loss.adversarial == "none":
            return self._loss(users, items, batch, generator)
        before = generator.get_state()

        def loss_of(users: Tensor, items: Tensor) -> Tensor:
            generator.set_state(before)  # the same negatives
            return self._loss(users, items, batch, generator)

        loss = loss_of(users, items)
        length = self.options.loss.adversarial_length
        worst = adversarial_loss(loss_of, loss, users, items, length=length, ranks=self.ranks)
        return loss + self.options.loss.adversarial_weight * worst

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._has_bfloat16)

    @contextmanager
    def _seeded(self) -> Iterator[None]:
        """Seeds the epoch's generator, and inside the global one (dropout, noise), which is put back afterwards."""
        seed = derive_seed(self.spec.seed, "epoch", self.epoch)
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            self._generator.manual_seed(seed)
            yield

    def _measure_latency(self) -> float:
        """Milliseconds to propagate once and rank the whole catalogue for 1,000 users."""
        num_users = min(_LATENCY_USERS, self.inputs.data.num_users)
        return latency_ms_per_1000_users(lambda: self._recommend(num_users), num_users, device=self.device)

    def _recommend(self, num_users: int) -> object:
        users, items = self.vectors()
        return top_k(users[:num_users], items, k=_LATENCY_LENGTH)


def resolve_device(name: str) -> torch.device:
    """``auto`` is this process's GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name, torch.cuda.current_device()) if name == "cuda" else torch.device(name)
