import math
import os
import resource
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from gnas_ray.core import Constraint, Ending, Failure, Measurement, Objectives, Outcome, Proposal, UsageError
from gnas_ray.ledger import Began, Ended, Ledger, LedgerInUseError, Measured
from gnas_ray.space import Categorical, Conditions, Decision, Float, Integer, SearchSpace

SPACE = SearchSpace(
    decisions=(
        Decision("operator", ("gat", "gcn")),
        Decision("num_layers", (0, 1, 2)),
        Decision("residual", (False, True), Conditions.of({"num_layers": [1, 2]})),
    ),
    hyperparameters=(
        Float("learning_rate", 1e-4, 1e-1, log=True),
        Integer("num_negatives", 16, 256, log=True),
        Categorical("batch_size", (512, 1024)),
    ),
)
ARCHITECTURE = {"operator": "gat", "num_layers": 1, "residual": True}
HYPERPARAMETERS = {"learning_rate": 0.0123456789012345678, "num_negatives": 33, "batch_size": 1024}
FINISHED, STOPPED = Outcome(Ending.FINISHED), Outcome(Ending.STOPPED)
FAILED = Outcome(Ending.FAILED, Failure.OUT_OF_MEMORY, "CUDA out of memory: tried 3 GiB")


def open_ledger(place=None, **options):
    options = {"objectives": Objectives("ndcg@20"), **options}
    return Ledger.open(place, space=SPACE, name="books", **options)


def begin(ledger, seed=5):
    proposal = Proposal(ARCHITECTURE, "policy", log_prob=-2.5, policy_version=3, num_rivals=7)
    return ledger.begin(proposal, HYPERPARAMETERS, seed=seed)


def measurement(fidelity, value):
    return Measurement(fidelity, {"ndcg@20": value, "epoch_seconds": 0.5})


def write_history(ledger):
    """Three trials, interleaved, one for each ending."""
    for number in range(3):
        begin(ledger, seed=2**62 + number)
    ledger.measure(1, measurement(1, 0.2))
    ledger.measure(0, measurement(1, 0.1))
    ledger.end(1, STOPPED, 0.4)
    ledger.measure(0, measurement(2, 0.3))
    ledger.measure(2, measurement(1, math.nan))
    ledger.end(2, FAILED, None)
    ledger.measure(0, measurement(3, 0.25))
    ledger.end(0, FINISHED, 0.9)


def write_waiting_history(ledger):
    """Three trials that wait at epoch 1: one goes on, waits again and is ended there; one goes on; one still waits."""
    for number in range(3):
        begin(ledger)
        ledger.measure(number, measurement(1, 0.1 * number))
        ledger.pause(number)
    ledger.promote(2)
    ledger.measure(2, measurement(2, 0.4))
    ledger.pause(2)
    ledger.promote(1)
    ledger.end(2, STOPPED, 0.4)


@pytest.fixture(params=["file", "database"])
def place(request, tmp_path):
    return {"file": tmp_path / "run" / "ledger.log", "database": f"sqlite:///{tmp_path}/ledger.db"}[request.param]


def test_everything_comes_back_as_written(place):
    with open_ledger(place, clock=iter(range(100, 200)).__next__) as ledger:
        write_history(ledger)
        written = ledger.trials()
    record = Ledger.read(place, space=SPACE, name="books").trial(0)
    assert record.spec.architecture == ARCHITECTURE
    assert record.spec.hyperparameters == HYPERPARAMETERS
    assert record.spec.seed == 2**62
    assert record.proposal == Proposal(ARCHITECTURE, "policy", -2.5, 3, num_rivals=7)
    assert [m.metrics["ndcg@20"] for m in record.measurements] == [0.1, 0.3, 0.25]
    assert (record.started, record.measured_at, record.ended) == (101, (105, 107, 110), 111)
    assert (record.outcome, record.reward) == (FINISHED, 0.9)
    assert repr(Ledger.read(place, space=SPACE, name="books").trials()) == repr(written)


def test_events_keep_the_order_across_trials(place):
    with open_ledger(place) as ledger:
        write_history(ledger)
        written = ledger.events()
    events = Ledger.read(place, space=SPACE, name="books").events()
    assert repr(events) == repr(written)
    kinds = [(type(e), e.spec.number if isinstance(e, Began) else e.number) for e in events]
    assert kinds == [
        *[(Began, 0), (Began, 1), (Began, 2), (Measured, 1), (Measured, 0), (Ended, 1)],
        *[(Measured, 0), (Measured, 2), (Ended, 2), (Measured, 0), (Ended, 0)],
    ]


def test_pauses_and_promotions_come_back_and_count_no_seconds(place):
    with open_ledger(place, clock=iter(range(100, 200)).__next__) as ledger:
        write_waiting_history(ledger)
        written = ledger.trials()
    read = Ledger.read(place, space=SPACE, name="books")
    assert read.trials() == written and repr(read.events()) == repr(ledger.events())
    assert [record.state for record in written] == ["paused", "running", "stopped"]
    assert [record.waits for record in written] == [((103, None),), ((106, 113),), ((109, 110), (112, 114))]
    assert [record.seconds for record in written] == [2, 2, 114 - 107 - (110 - 109) - (114 - 112)]
    assert {trial.state for trial in read.study.trials[:2]} == {TrialState.RUNNING}


def test_only_what_runs_pauses_or_measures_and_only_what_waits_is_promoted():
    ledger = open_ledger()
    write_waiting_history(ledger)
    for refused in (lambda: ledger.pause(0), lambda: ledger.measure(0, measurement(2, 0.1))):
        with pytest.raises(ValueError, match="is paused"):
            refused()
    with pytest.raises(ValueError, match="is running, not paused"):
        ledger.promote(1)
    with pytest.raises(ValueError, match="has stopped already"):
        ledger.pause(2)


def test_endings_are_optunas_states(place):
    with open_ledger(place) as ledger:
        write_history(ledger)
        finished, stopped, failed = ledger.study.trials
    assert (finished.state, finished.value) == (TrialState.COMPLETE, 0.3)  # its best, not its last
    assert finished.intermediate_values == {1: 0.1, 2: 0.3, 3: 0.25}
    assert (stopped.state, stopped.intermediate_values) == (TrialState.PRUNED, {1: 0.2})
    assert failed.state is TrialState.FAIL
    assert failed.user_attrs["outcome"]["failure"] == "out_of_memory"
    assert failed.user_attrs["outcome"]["detail"] == FAILED.detail
    assert finished.params == {**ARCHITECTURE, **HYPERPARAMETERS}


def test_record_tells_its_best_and_its_state():
    ledger = open_ledger()
    write_history(ledger)
    finished, stopped, failed = ledger.trials()
    assert (finished.value(ledger.objectives), finished.fidelity) == (0.3, 3)
    assert [record.state for record in ledger.trials()] == ["finished", "stopped", "failed"]
    assert math.isnan(failed.value(ledger.objectives))
    assert failed.is_in_vain and not stopped.is_in_vain


def test_wrong_calls_are_refused_and_leave_no_trace(tmp_path):
    ledger = open_ledger(tmp_path / "ledger.log")
    begin(ledger)
    ledger.measure(0, measurement(2, 0.1))
    for fidelity in (1, 2):
        with pytest.raises(ValueError, match="already"):
            ledger.measure(0, measurement(fidelity, 0.1))
    with pytest.raises(ValueError, match="did not measure 'ndcg@20'"):
        ledger.measure(0, Measurement(3, {"recall@20": 0.1}))
    with pytest.raises(ValueError, match="learning_rate"):
        ledger.begin(Proposal(ARCHITECTURE, "prior"), {**HYPERPARAMETERS, "learning_rate": 7.0}, seed=0)
    begin(ledger)
    with pytest.raises(ValueError, match="never measured"):
        ledger.end(1, FINISHED, 0.0)
    ledger.end(0, FINISHED, 0.0)
    with pytest.raises(ValueError, match="has finished already"):
        ledger.end(0, STOPPED, 0.0)
    ledger.close()
    again = open_ledger(tmp_path / "ledger.log")
    assert again.events() == ledger.events()
    assert len(again.events()) == 4


def test_a_killed_writer_leaves_a_ledger_that_goes_on(tmp_path):
    """Every cut of the file, inside lines and between them: what is there is a prefix, and more can be written."""
    whole = tmp_path / "whole.log"
    with open_ledger(whole) as ledger:
        write_history(ledger)
        begin(ledger)
        ledger.measure(3, measurement(1, 0.1))
        ledger.pause(3)
        ledger.promote(3)
        events = [repr(event) for event in ledger.events()]
    lines = whole.read_bytes().splitlines(keepends=True)
    num_reopened = 0
    for kept in range(3, len(lines)):  # the study and its two attributes are the first three lines
        for part in (0, 1, len(lines[kept]) // 2, len(lines[kept]) - 1):
            cut = tmp_path / f"cut-{kept}-{part}.log"
            cut.write_bytes(b"".join(lines[:kept]) + lines[kept][:part])
            with open_ledger(cut) as ledger:
                assert [repr(event) for event in ledger.events()] == events[: len(ledger.events())]
                assert_study_agrees(ledger)
                begin(ledger)
            assert repr(Ledger.read(cut, space=SPACE, name="books").events()) == repr(ledger.events())
            num_reopened += 1
    assert num_reopened > 50


def assert_study_agrees(ledger):
    states = {"running": "RUNNING", "paused": "RUNNING", "finished": "COMPLETE", "stopped": "PRUNED", "failed": "FAIL"}
    for record, trial in zip(ledger.trials(), ledger.study.trials, strict=True):
        assert trial.state.name == states[record.state]
        assert list(trial.intermediate_values) == [m.fidelity for m in record.measurements]


def test_a_study_that_was_created_but_not_described_is_described_on_opening(tmp_path):
    path = tmp_path / "ledger.log"
    open_ledger(path).close()
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(UsageError, match="nothing is in this ledger yet"):
        Ledger.read(path, space=SPACE, name="books")
    open_ledger(path).close()
    assert Ledger.read(path, space=SPACE, name="books").objective == "ndcg@20"


def test_a_writer_killed_in_the_middle_of_a_write_does_not_block_the_next(tmp_path, monkeypatch):
    """It dies holding Optuna's lock, which names a path that is no more once the folder has moved."""
    monkeypatch.chdir(tmp_path)
    script = """
import os
from tests.ledger.test_ledger import begin, open_ledger
ledger = open_ledger("run/ledger.log")
os.fsync = lambda file: os._exit(9)
begin(ledger)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 9
    assert os.path.lexists("run/ledger.log.lock")
    Path("run").rename("moved")
    with open_ledger("moved/ledger.log") as ledger:
        assert not os.path.lexists("moved/ledger.log.lock")
        before = ledger.num_trials
        begin(ledger)
        assert ledger.num_trials == before + 1


def test_a_write_that_found_no_room_leaves_a_ledger_that_is_written_and_read_on(tmp_path):
    path = tmp_path / "ledger.log"
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_ledger(path) as ledger:
        begin(ledger)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, hard))  # the disk is full within a line
        try:
            with pytest.raises(OSError):
                ledger.measure(0, measurement(1, 0.1))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))
        assert path.read_bytes().endswith(b"\n")
    with open_ledger(path) as ledger:
        ledger.measure(0, measurement(1, 0.1))
        ledger.end(0, FINISHED, 0.5)
    assert Ledger.read(path, space=SPACE, name="books").trial(0).outcome == FINISHED


def test_only_one_process_writes_and_its_death_frees_the_ledger(tmp_path):
    path = tmp_path / "ledger.log"
    script = f"""
import os, sys
from gnas_ray.core import Objectives
from gnas_ray.ledger import Ledger
from tests.ledger.test_ledger import SPACE
ledger = Ledger.open({str(path)!r}, space=SPACE, name="books", objectives=Objectives("ndcg@20"))
print("open", flush=True)
sys.stdin.readline()
os._exit(1)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=-1, stdout=-1, text=True) as writer:
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(LedgerInUseError, match="another process"):
            open_ledger(path)
        assert Ledger.read(path, space=SPACE, name="books").num_trials == 0
        writer.stdin.write("\n")
        writer.stdin.flush()
        writer.wait()
    with open_ledger(path) as ledger:
        begin(ledger)


def test_reader_sees_what_is_written_after_refresh(place):
    with open_ledger(place) as writer:
        begin(writer)
        reader = Ledger.read(place, space=SPACE, name="books")
        writer.measure(0, measurement(1, 0.5))
        assert reader.trial(0).measurements == ()
        reader.refresh()
        assert reader.trial(0).fidelity == 1


def test_another_space_or_objective_is_refused(tmp_path):
    path = tmp_path / "ledger.log"
    open_ledger(path).close()
    other = SearchSpace(decisions=SPACE.decisions[:1])
    with pytest.raises(UsageError, match="another space"):
        Ledger.open(path, space=other, name="books", objectives=Objectives("ndcg@20"))
    with pytest.raises(UsageError, match="another objective, 'maximise ndcg@20'") as refused:
        Ledger.open(path, space=SPACE, name="books", objectives=Objectives("recall@20"))
    open_ledger(path).close()  # though whoever refused is still known, to a notebook for instance
    assert refused.value.problems
    with pytest.raises(UsageError, match="another search space"):
        Ledger.read(path, space=other, name="books")
    with pytest.raises(UsageError, match="no experiment 'films'"):
        Ledger.read(path, space=SPACE, name="films")
    with pytest.raises(UsageError, match="no ledger here"):
        Ledger.read(tmp_path / "missing.log", space=SPACE, name="books")


def test_optunas_own_tools_read_it(tmp_path):
    with open_ledger(tmp_path / "ledger.log") as ledger:
        write_history(ledger)
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "ledger.log"))
    study = optuna.load_study(study_name="books", storage=optuna.storages.JournalStorage(backend))
    assert study.best_trial.number == 0
    assert len(study.trials_dataframe()) == 3


def test_the_seconds_of_earlier_writers_are_from_opening_to_last_word(tmp_path):
    times = iter([100, 103, 107, 200, 300, 304, 304, 400]).__next__
    first = open_ledger(tmp_path / "ledger.log", clock=times)
    assert first.seconds_before == 0
    begin(first)  # at 103
    first.measure(0, measurement(1, 0.1))  # at 107
    first.close()
    open_ledger(tmp_path / "ledger.log", clock=times).close()  # at 200, and wrote nothing
    third = open_ledger(tmp_path / "ledger.log", clock=times)  # at 300
    assert third.seconds_before == 7
    third.end(0, STOPPED, 0.5)  # at 304
    begin(third)
    third.close()
    assert open_ledger(tmp_path / "ledger.log", clock=times).seconds_before == 11
    assert Ledger.read(tmp_path / "ledger.log", space=SPACE, name="books").seconds_worked == 11


def test_a_clock_that_stands_still_between_writers_tells_trials_times(tmp_path):
    times = iter([100, 101, 103, 104, 500, 501, 503, 504, 900, 902, 905, 906]).__next__
    with open_ledger(tmp_path / "ledger.log", clock=times) as ledger:
        begin(ledger)  # at 101
        ledger.measure(0, measurement(1, 0.1))  # at 103
        ledger.pause(0)  # at 104
        assert ledger.trials_at_work() == ledger.trials()
    with open_ledger(tmp_path / "ledger.log", clock=times) as ledger:  # 500 is as 104 was
        begin(ledger)  # at 501
        ledger.promote(0)  # at 503
        ledger.measure(0, measurement(2, 0.2))  # at 504
    with open_ledger(tmp_path / "ledger.log", clock=times) as ledger:  # 900 is as 504 was: 108
        ledger.end(0, FINISHED, 0.5)  # at 902
        ledger.measure(1, measurement(1, 0.1))  # at 905
        resumed, other = ledger.trials_at_work()
    assert (resumed.started, resumed.measured_at, resumed.ended) == (101, (103, 108), 110)
    assert resumed.waits == ((104, 107),)
    assert (other.started, other.measured_at, other.ended) == (105, (113,), None)
    assert other.seconds == 8 and ledger.trial(1).seconds == 905 - 501
    assert ledger.seconds_worked == 113 - 100


def test_a_ledger_of_before_there_were_several_objectives_is_read(tmp_path):
    with open_ledger(tmp_path / "ledger.log") as ledger:
        ledger.study.set_user_attr("objectives", None)
    assert Ledger.read(tmp_path / "ledger.log", space=SPACE, name="books").objectives == Objectives("ndcg@20")


def test_under_constraints_a_trials_value_is_that_of_its_best_measurement():
    objectives = Objectives("ndcg@20", constraints=(Constraint("coverage@20", 0.3, is_upper=False),))
    ledger = open_ledger(objectives=objectives)
    begin(ledger)
    assert math.isnan(ledger.trial(0).value(objectives))
    for epoch, (value, coverage) in enumerate([(0.5, 0.1), (0.3, 0.4)], start=1):
        ledger.measure(0, Measurement(epoch, {"ndcg@20": value, "coverage@20": coverage}))
    assert ledger.trial(0).value(objectives) == 0.3 and ledger.trial(0).value(Objectives("ndcg@20")) == 0.5
