"""REINFORCE with an LSTM, as GraphNAS has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from typing_extensions import override

from gnas_ray.core import Value
from gnas_ray.ledger import Ledger, TrialRecord
from gnas_ray.space import Categorical, SearchSpace
from search_bench.references.base import Reference

HIDDEN = 100
SOFTMAX_TEMPERATURE = 5.0
TANH = 2.5
INITIAL_RANGE = 0.1
LEARNING_RATE = 3.5e-4
BASELINE_DECAY = 0.95
ENTROPY = 1e-4
NUM_TOP = 10
LARGEST_REWARD = 0.5
NUM_SCALING = 10
LARGEST_ADVANTAGE = 0.5


class Recurrent(nn.Module):
    """Chooses option after option, each given all before it.

    Args:
        sizes: Options of each choice.
        generator: Of its first weights.
    """

    def __init__(self, sizes: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self.lstm = nn.LSTMCell(HIDDEN, HIDDEN)
        self.embeddings = nn.ModuleList(nn.Embedding(size, HIDDEN) for size in sizes)
        self.decoders = nn.ModuleList(nn.Linear(HIDDEN, size) for size in sizes)
        for name, parameter in self.named_parameters():
            if name.startswith("decoders") and name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.uniform_(parameter, -INITIAL_RANGE, INITIAL_RANGE, generator=generator)

    def forward(self, choose: Sequence[int] | torch.Generator) -> tuple[list[int], Tensor, Tensor]:
        """The options chosen, their log-probabilities and the entropies, each (choices,).

        Args:
            choose: The options to choose, or what draws them.
        """
        state = (torch.zeros(1, HIDDEN), torch.zeros(1, HIDDEN))
        given = torch.zeros(1, HIDDEN)
        chosen: list[int] = []
        log_probs, entropies = [], []
        for place, (embedding, decoder) in enumerate(zip(self.embeddings, self.decoders, strict=True)):
            state = self.lstm(given, state)
            log_prob = (TANH * torch.tanh(decoder(state[0]) / SOFTMAX_TEMPERATURE)).log_softmax(dim=1)[0]
            if isinstance(choose, torch.Generator):
                chosen.append(int(log_prob.detach().exp().multinomial(1, generator=choose)))
            else:
                chosen.append(choose[place])
            log_probs.append(log_prob[chosen[-1]])
            entropies.append(-(log_prob * log_prob.exp()).sum())
            given = embedding(torch.tensor(chosen[-1:]))
        return chosen, torch.stack(log_probs), torch.stack(entropies)


class GraphNAS(Reference):
    """GraphNAS's controller (Gao et al. 2019, arXiv:1904.09981), its constants those of the authors' code.

    Every trial is one step of Adam on ``-log_prob * advantage``. The reward is the value less the mean of the ten
    best before, within ±0.5, and 0 for a failed trial; a ten-thousandth of each choice's entropy is added. The
    advantage is the reward less an exponential moving average, over the largest of the last ten, halved. Repeats are
    proposed as they come. Differs where trials run side by side: a gradient is taken at the weights of the day. Its
    periods in which architectures are drawn and nothing is learned are left out, in its favour.

    Args:
        space: Flat, without conditions, every choice with options.
        ledger: What is known.
        seed: Of weights and draws.
    """

    def __init__(self, space: SearchSpace, ledger: Ledger, seed: int) -> None:
        super().__init__(space, ledger)
        self._options = {c.name: c.options for c in space.hyperparameters if isinstance(c, Categorical)}
        self._generator = torch.Generator().manual_seed(seed)
        self._policy = Recurrent([len(options) for options in self._options.values()], self._generator)
        self._optimiser = torch.optim.Adam(self._policy.parameters(), lr=LEARNING_RATE)
        self._top: list[float] = []
        self._baseline: Tensor | None = None
        self._largest: list[float] = []

    @override
    def ask(self, number: int) -> Mapping[str, Value]:
        with torch.no_grad():
            chosen, _, _ = self._policy(self._generator)
        return {name: options[i] for (name, options), i in zip(self._options.items(), chosen, strict=True)}

    @override
    def tell(self, record: TrialRecord) -> None:
        values = record.spec.hyperparameters
        chosen = [options.index(values[name]) for name, options in self._options.items()]
        _, log_probs, entropies = self._policy(chosen)
        reward = 0.0 if record.is_in_vain else self._reward(record.value(self.ledger.objectives))
        loss = -(log_probs * self._advantage(reward + ENTROPY * entropies.detach())).sum()
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()

    def _reward(self, value: float) -> float:
        mean = sum(self._top) / len(self._top) if self._top else 0.0
        self._top = sorted([*self._top, value])[-NUM_TOP:]
        return max(-LARGEST_REWARD, min(LARGEST_REWARD, value - mean))

    def _advantage(self, rewards: Tensor) -> Tensor:
        """(choices,) of the same."""
        if self._baseline is None:
            self._baseline = rewards
        self._baseline = BASELINE_DECAY * self._baseline + (1 - BASELINE_DECAY) * rewards
        advantage = rewards - self._baseline
        self._largest = [*self._largest, float(advantage.max())][-NUM_SCALING:]
        largest = max(self._largest)
        return LARGEST_ADVANTAGE / largest * advantage if largest else advantage
