"""What tests of training share."""

import pytest

from gnas_ray.training.distinct import Distinct


@pytest.fixture(params=["as on CPU", "as on a GPU"])
def distinct(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Distinct values without and with rows that count nothing."""
    if request.param == "as on a GPU":
        monkeypatch.setattr(Distinct, "of", Distinct.filled_up)
