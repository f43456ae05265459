from gnas_ray.core import Failure, Measurement
from gnas_ray.search.simulate import Crash, Epoch, Simulation, VirtualClock
from tests.search.searches import open_search


def constant_trainer(seconds_of, values=(0.1,) * 9):
    """Trials whose epochs take `seconds_of` their number."""

    def train(spec):
        for epoch, value in enumerate(values, start=1):
            yield Epoch(seconds_of[spec.number], Measurement(epoch, {"ndcg@20": value}))

    return train


def simulate(session, trainer, *, num_workers, max_events=None):
    Simulation(session, trainer, num_workers=num_workers, clock=session.ledger.clock).run(max_events=max_events)


def test_slow_trials_end_late_and_time_passes_only_in_training():
    session = open_search(max_trials=3, clock=VirtualClock())
    simulate(session, constant_trainer([10.0, 1.0, 2.0]), num_workers=2)
    records = session.ledger.trials()
    # Two workers: 0 takes 90 s, beside it 1 takes 9 s and then 2 takes 18 s. All are equal, so nobody stops.
    assert [record.started for record in records] == [0.0, 0.0, 9.0]
    assert [record.ended for record in records] == [90.0, 9.0, 27.0]
    assert records[0].measured_at[:2] == (10.0, 20.0)


def test_crashes_end_a_trial_and_free_its_worker():
    session = open_search(max_trials=2)
    simulate(session, lambda spec: iter([Crash(4.0, Failure.WORKER_LOST)]), num_workers=1)
    assert [record.outcome.failure for record in session.ledger.trials()] == [Failure.WORKER_LOST] * 2
    assert [record.ended for record in session.ledger.trials()] == [4.0, 8.0]


def test_a_resumed_trial_goes_on_after_its_last_measurement(tmp_path):
    for _ in range(2):
        with open_search(tmp_path / "ledger.log", max_trials=1) as session:
            simulate(session, constant_trainer([1.0]), num_workers=1, max_events=5)
    assert session.ledger.trial(0).state == "finished"
    assert [m.fidelity for m in session.ledger.trial(0).measurements] == list(range(1, 10))
