"""What an augmentation is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from gnas_ray.models.recommender import Recommender
from gnas_ray.models.view import View


class Augmentation(ABC):
    """Disturbs what the recommender sees while it trains, never what is measured.

    Constructed once a trial as ``Member(strength, recommender)``; what a strength between 0 and 1 means, the member
    says.

    Attributes:
        changes_graph: Whether messages are passed over another graph every epoch.
    """

    changes_graph: ClassVar[bool] = False

    def __init__(self, strength: float, recommender: Recommender) -> None:
        self._strength = strength
        self._recommender = recommender
        self._device = recommender.user_embedding.device

    def start_epoch(self, seed: int) -> None:  # noqa: B027 - some draw nothing for an epoch
        """Draw what stays for an epoch; all ranks pass the same seed."""

    @abstractmethod
    def view(self) -> View:
        """A step's view; what it draws comes from the global generator, which is equal on all ranks."""
