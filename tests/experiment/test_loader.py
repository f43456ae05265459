import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnas_ray.core import Constraint, Objectives, Problem, RungLadder, UsageError
from gnas_ray.experiment import Experiment, PriorMember, load_experiment, load_space
from gnas_ray.space import build_space

MINIMAL = """\
name: minimal
data: {dataset: movielens-100k}
space:
  decisions:
    features: [id, text]
    depth: [0, 1, 2]
    layer:
      times: depth
      decisions:
        operator: [gat, gcn]
  hyperparameters:
    rate: {type: float, low: 1e-4, high: 1e-1, log: true}
    width: [32, 64]
"""


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="experiment.yaml"):
        file = tmp_path / name
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    return write_file


def problems(file, *overrides, load=load_experiment):
    with pytest.raises(UsageError) as caught:
        load(file, overrides)
    return [str(problem) for problem in caught.value.problems]


def test_minimal_experiment_has_defaults(write):
    experiment = load_experiment(write(MINIMAL))
    assert experiment.controller.name == "ppo"
    assert experiment.searcher.name == "tpe"
    assert experiment.reward.name == "rung_rank"
    assert experiment.rungs == RungLadder(2, 3, 30)
    assert experiment.metrics == ("ndcg@20", "recall@20", "mrr@20", "coverage@20")
    assert experiment.folder == "runs/minimal"
    assert experiment.search_space.num_architectures() == 2 * (1 + 2 + 4)
    assert experiment.encoder_names == ()


def test_every_mistake_is_reported_at_once_with_its_line_and_the_nearest_name(write):
    file = write(
        """\
        name: broken
        sede: 3
        data: {dataset: movielens-100}
        space:
          decisions:
            features: [id, text]
            depth: [0, 1, 1]
            fusion:
              options: [sum, gate]
              wehn: {features: text}
            readout:
              options: [mean]
              when: {featurs: text}
            layer:
              times: dept
              decisions:
                operator: []
        objective: {metric: ndgc@10}
        controller: {name: ppo, cilp: 0.1}
        searcher: tpa
        scheduler: {grace_period: 9, max_epochs: 3}
        budget:
          trials: 0
        resources: {gpus_per_trial: some}
        baselines:
        - ease
        - itemkn
        """
    )
    expected = [
        ("line 2", "unknown key 'sede'; did you mean 'seed'?"),
        ("line 3", "data.dataset is 'movielens-100'; did you mean 'movielens-100k'?"),
        ("line 7", "'depth' lists 1 twice"),
        ("line 10", "unknown key space.decisions.fusion.'wehn'; did you mean 'when'?"),
        ("line 13", "condition on unknown 'featurs'; did you mean 'features'?"),
        ("line 15", "wanted a number or an earlier decision, got 'dept'; did you mean 'depth'?"),
        ("line 17", "'operator' has no options"),
        ("line 18", "'ndgc@10': unknown metric 'ndgc'; did you mean 'ndcg'?"),
        ("line 19", "ppo has no parameter 'cilp'; did you mean 'clip'?"),
        ("line 20", "unknown searcher 'tpa'; did you mean 'tpe'?"),
        ("line 21", "grace_period must be in 1..max_epochs=3, got 9"),
        ("line 23", "budget.trials is 0; wanted greater than or equal to 1"),
        ("line 24", "resources.gpus_per_trial is 'some'; wanted a valid number, unable to parse string as a number or"),
        ("line 27", "unknown baseline 'itemkn'; did you mean 'itemknn'?"),
    ]
    found = problems(file)
    for (line, said), problem in zip(expected, found, strict=False):
        assert problem.startswith(f"{line}: {said}")
    assert len(found) == len(expected)


def test_schema_error_does_not_hide_what_is_wrong_elsewhere_in_its_section_of_the_space(write):
    """An unknown key is taken out; any other error of the schema leaves its section unchecked."""
    file = write(MINIMAL.replace("depth: [0, 1, 2]", "depth: {options: [0, 1, 2], wehn: {}}").replace("[32, 64]", "[]"))
    assert problems(file) == [
        "line 6: unknown key space.decisions.depth.'wehn'; did you mean 'when'?",
        "line 13: 'width' has no options",
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("name: minimal\n", ""), "missing key 'name'"),
        (("name: minimal", "name: a/b"), "line 1: 'a/b' is no name; wanted ^[A-Za-z0-9][A-Za-z0-9._-]*$"),
        (("name: minimal", "name: [1]"), "line 1: name: wanted a valid string"),
        (("times: depth", "time: depth"), "line 7: missing key 'times' in space.decisions.layer"),
        (
            ("[id, text]", "[id, null]"),
            "line 5: space.decisions.features.1: wanted text, a number or true/false, got null",
        ),
        (("type: float", "type: double"), "line 12: space.hyperparameters.rate: wanted a list of options or a mapping"),
        (("low: 1e-4", "low: tiny"), "line 12: space.hyperparameters.rate.low is 'tiny'; wanted a valid number"),
        (("dataset: movielens-100k", "dataset: {name: files}"), "line 2: data.dataset: give either 'interactions'"),
        (("dataset: movielens-100k", "dataset: files"), "line 2: data.dataset: give either 'interactions'"),
        (
            ("dataset: movielens-100k", "dataset: movielens-100k, split: {name: random_by_user, sed: 1}"),
            "line 2: unknown key data.split.'sed'; did you mean 'seed'?",
        ),
        (("data: {dataset: movielens-100k}", "data: {datset: x}"), "line 2: missing key 'dataset' in data"),
    ],
)
def test_wrong_form_is_named_in_the_words_of_the_file(write, change, problem):
    assert change[0] in MINIMAL
    assert any(found.startswith(problem) for found in problems(write(MINIMAL.replace(*change))))


@pytest.mark.parametrize("text", ["", "- a\n", "just text\n"])
def test_file_without_sections_is_refused(write, text):
    assert problems(write(text)) == ["wanted a mapping with the keys name, data and space"]


def test_overrides_are_checked_like_the_file_and_named_in_problems(write):
    file = write(MINIMAL)
    assert load_experiment(file, ["budget.trials=7", "controller.clip=0.1"]).budget.trials == 7
    assert load_experiment(file, ["controller.clip=0.1"]).controller.parameters == {"clip": 0.1}
    assert problems(file, "budget.trails=7", "seed", "controller=pppo", "space.decisions.depth=[]") == [
        "--set seed: wanted KEY=VALUE, e.g. budget.trials=50",
        "--set budget.trails=7: unknown key budget.'trails'; did you mean 'trials'?",
        "--set controller=pppo: unknown controller 'pppo'; did you mean 'ppo'?",
        "--set space.decisions.depth=[]: 'depth' has no options",
    ]


def test_controller_may_be_a_name_or_a_mapping_with_its_parameters(write):
    file = write(MINIMAL + "controller: {name: ppo, learning_rate: 1}\n")
    assert load_experiment(file).controller.parameters == {"learning_rate": 1}
    assert load_experiment(file, ["controller=uniform"]).controller.name == "uniform"
    assert problems(file, "controller.learning_rate=fast") == [
        "--set controller.learning_rate=fast: controller.learning_rate is 'fast';"
        " wanted a valid number, unable to parse string as a number"
    ]


def test_values_that_a_constructor_refuses_are_problems(write):
    file = write(MINIMAL + "controller:\n  name: evolution\n  population_size: 3\n  tournament_size: 4\n")
    assert problems(file) == ["line 14: tournament_size must be in 1..population_size=3, got 4"]
    for section, said in (
        ("searcher: {name: tpe, num_candidates: 0}", "num_candidates at least 1, got 10 and 0"),
        ("surrogate: {name: gp, exploration: -1}", "explorations and time_weight from 0"),
        ("surrogate: {plain_share: 1.5}", "wanted plain_share in 0..1, got 1.5"),
        ("surrogate: {exploration: .nan}", "surrogate.exploration is nan; wanted a finite number"),
        ("controller: {entropy: .inf}", "controller.entropy is inf; wanted a finite number"),
    ):
        (problem,) = problems(write(MINIMAL + section + "\n"))
        assert said in problem


def test_grid_and_uniform_are_what_they_say_unless_a_surrogate_is_named(write):
    def surrogate(text, *overrides):
        return load_experiment(write(MINIMAL + text), overrides).surrogate.name

    assert surrogate("") == surrogate("controller: evolution\n") == "gp"
    assert surrogate("controller: grid\n") == surrogate("controller: {name: uniform}\n") == "none"
    assert surrogate("controller: grid\nsurrogate: gp\n") == "gp"
    assert surrogate("", "controller=uniform") == surrogate("", "controller.name=grid") == "none"
    assert surrogate("", "controller=uniform", "surrogate.plain_share=1") == "gp"
    written = load_experiment(write(MINIMAL), ["controller=grid"]).to_yaml()
    assert load_experiment(write(written, "whole.yaml")).surrogate.name == "none"


def test_one_name_stands_for_a_list_of_it(write):
    line = "objective: {minimise: latency_ms, constraints: num_parameters <= 2e6}\nbaselines: ease\n"
    experiment = load_experiment(write(MINIMAL + line + "tracking: tensorboard\nwarm_start: runs/before\n"))
    assert experiment.objectives == Objectives(
        "ndcg@20", minimise=("latency_ms",), constraints=(Constraint("num_parameters", 2e6, is_upper=True),)
    )
    assert (experiment.baselines, experiment.tracking) == (("ease",), ("tensorboard",))
    assert [path.name for path in experiment.warm_start] == ["before"]
    (problem,) = problems(write(MINIMAL + "tracking: tensorbord\n"))
    assert problem == "line 14: tracking is 'tensorbord'; did you mean 'tensorboard'?"


def test_weights_can_be_set_beside_a_prior_that_is_a_list_of_members(write):
    file = write(MINIMAL + "prior:\n- architecture: {features: text, depth: 0}\n")
    experiment = load_experiment(file, ["prior.weights.features.id=2", "prior.members.0.name=first"])
    assert experiment.prior.weights == {"features": {"id": 2}}
    assert experiment.prior.members[0].name == "first"


SPACE_FILE = """\
# a space that stands alone
decisions:
  item_features: [id, text]
  text_encoder: {options: [small, large], when: {item_features: text}}
"""


def test_space_may_be_a_file_beside_the_experiment(write):
    write(SPACE_FILE, "beside.yaml")
    file = write("name: x\ndata: {dataset: movielens-100k}\nspace: beside.yaml\n")
    experiment = load_experiment(file)
    assert experiment.search_space.num_architectures() == 3
    assert experiment.encoder_names == ("small", "large")
    narrowed = load_experiment(file, ["space.decisions.item_features=[text]"])
    assert narrowed.search_space.num_architectures() == 2


def test_space_may_be_another_experiments(write):
    write("name: other\nspace:\n  decisions:\n    a: [1, 2]\n    b: [3, 3]\n", "other.yaml")
    file = write("name: x\ndata: {dataset: movielens-100k}\nspace: other.yaml\n")
    assert problems(file) == ["other.yaml line 5: 'b' lists 3 twice"]


def test_problem_in_a_space_file_names_the_file_and_its_line(write):
    write(SPACE_FILE.replace("item_features: text}", "item_features: txt}"), "beside.yaml")
    file = write("name: x\nspace: beside.yaml\ndata: {datset: a}\n")
    assert problems(file) == [
        "beside.yaml line 4: 'item_features' has no option 'txt'; did you mean 'text'?",
        "line 3: missing key 'dataset' in data",
        "line 3: unknown key data.'datset'; did you mean 'dataset'?",
    ]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ("none.yaml", "line 2: none.yaml no such file"),
        ("recsis.yaml", "did you mean 'recsys.yaml'?"),
        ("broken.yaml", "line 2: a: not YAML"),
        ("other.yaml", "line 2: other.yaml has no search space"),
    ],
)
def test_space_file_that_cannot_be_read_is_one_problem_among_the_others(write, space, said):
    write("a: [\n", "broken.yaml")
    write("name: other\nspace: recsys.yaml\n", "other.yaml")
    found = problems(write(f"name: x\nspace: {space}\ndata: {{dataset: movielens-100k}}\nsedd: 1\n"))
    assert len(found) == 2
    assert said in found[0] or space == "broken.yaml"
    assert found[1] == "line 4: unknown key 'sedd'; did you mean 'seed'?"


PRIOR_FILE = """\
name: before
data: {dataset: movielens-100k}
space: beside.yaml
prior:
  members:
    - {architecture: {item_features: id}}
  weights: {item_features: {text: 4}}
"""


def test_prior_may_be_another_experiments(write):
    write(SPACE_FILE, "beside.yaml")
    write(PRIOR_FILE, "before.yaml")
    written = "name: x\ndata: {dataset: movielens-100k}\nspace: beside.yaml\nprior: before.yaml\n"
    experiment = load_experiment(write(written), ["prior.weights.item_features.id=2"])
    (known,) = experiment.prior_members
    assert dict(known.architecture) == {"item_features": "id"}
    assert experiment.prior.weights == {"item_features": {"text": 4, "id": 2}}
    assert load_experiment(write(experiment.to_yaml(), "whole.yaml")) == experiment, "without the other file"


def test_problem_in_another_experiments_prior_names_the_file_and_its_line(write):
    write(SPACE_FILE, "beside.yaml")
    write(PRIOR_FILE.replace("item_features: id}", "item_features: ids}"), "before.yaml")
    start = "name: x\ndata: {dataset: movielens-100k}\nspace: beside.yaml\n"
    found = problems(write(f"{start}prior: before.yaml\nbudgt: {{}}\n"))
    assert [line.partition(": ")[0] for line in found] == ["before.yaml line 6", "line 5"]
    assert problems(write(f"{start}prior: beside.yaml\n")) == ["line 4: beside.yaml has no prior"]


def test_space_file_is_no_experiment(write):
    file = write(SPACE_FILE, "beside.yaml")
    assert problems(file)[0].startswith("a search space, not an experiment")


def test_space_of_either_kind_of_file_is_shown_without_checking_the_rest(write):
    alone = build_space(load_space(write(SPACE_FILE, "alone.yaml")))
    inside = load_space(write("name: 3/4\ncontroler: x\nspace: alone.yaml\n"))
    assert build_space(inside) == alone
    assert problems(write(SPACE_FILE + "  x: []\n", "bad.yaml"), load=load_space) == ["line 5: 'x' has no options"]
    assert problems(write("name: x\n"), load=load_space) == ["missing key 'space'"]


PRIOR = """\
prior:
  - name: deep
    architecture: {features: id, depth: 2, layer.*.operator: gat, layer.1.operator: gcn}
    hyperparameters: {rate: 0.01}
"""


def test_prior_members_are_written_out_for_every_layer(write):
    assert load_experiment(write(MINIMAL + PRIOR)).prior_members == (
        PriorMember(
            "deep",
            {"features": "id", "depth": 2, "layer.0.operator": "gat", "layer.1.operator": "gcn"},
            {"rate": 0.01},
        ),
    )


def test_hyperparameters_of_the_prior_are_written_as_the_space_writes_them(write):
    """Else a trial is another one when its ledger is read again, where 64.0 is 64."""
    prior = "prior:\n  - architecture: {features: id, depth: 0}\n    hyperparameters: {rate: 0.1, width: 64.0}\n"
    (known,) = load_experiment(write(MINIMAL + prior)).prior_members
    assert repr(dict(known.hyperparameters)) == "{'rate': 0.1, 'width': 64}"


def test_prior_that_is_no_member_is_a_problem_at_its_line(write):
    bad = """\
    prior:
      - architecture: {features: id, depth: 0, layer.*.operator: gat}
      - architecture:
          features: id
          depth: 1
          layer.*.operator: gta
          layer.0.activation: relu
      - architecture: {features: id, depth: 0}
        hyperparameters:
          rate: 3
          widht: 32
    """
    assert problems(write(MINIMAL + textwrap.dedent(bad))) == [
        "line 19: layer.0.operator: 'gta'; did you mean 'gat'?",
        "line 20: layer.0.activation: unknown; did you mean 'layer.0.operator'?",
        "line 23: rate: 3; wanted 0.0001..0.1",
        "line 24: widht: unknown; did you mean 'width'?",
    ]


WEIGHTS = """\
prior:
  members:
    - architecture: {features: text, depth: 0}
  weights:
    layer.*.operator: {gcn: 4}
    layer.1.operator: {gat: 2.5}
    depth: {2: 3}
    width: {64: .5}
"""


def test_weights_are_given_to_every_layer_that_has_none_of_its_own(write):
    experiment = load_experiment(write(MINIMAL + WEIGHTS))
    given = {choice.name: getattr(choice, "weights", ()) for choice in experiment.search_space.decisions}
    assert given == {"features": (), "depth": (1, 1, 3), "layer.0.operator": (1, 4), "layer.1.operator": (2.5, 1)}
    assert [getattr(h, "weights", ()) for h in experiment.search_space.hyperparameters] == [(), (1, 0.5)]
    assert [known.architecture for known in experiment.prior_members] == [{"features": "text", "depth": 0}]


def test_weights_that_fit_nothing_are_problems_at_their_lines(write):
    bad = """\
    prior:
      weights:
        layer.*.operater: {gcn: 4}
        layer.*.operator:
          gtc: 2
          gat: 0
        depth: {3: 2}
        rate: {0.1: 2}
        features: {text: .inf}
    """
    fewer = bad.replace("gat: 0", "gat: 1").replace(".inf", "1")
    assert problems(write(MINIMAL + textwrap.dedent(bad))) == [
        "line 19: prior.weights.layer.*.operator.gat is 0; wanted greater than 0",
        "line 22: prior.weights.features.text is inf; wanted a finite number",
    ]
    assert problems(write(MINIMAL + textwrap.dedent(fewer))) == [
        "line 16: no decision or hyperparameter 'layer.*.operater'; did you mean 'layer.*.operator'?",
        "line 18: layer.*.operator has no option 'gtc'; did you mean 'gcn'?",
        "line 20: depth has no option '3'; known: 0, 1, 2",
        "line 21: rate is a number; weights are for options",
    ]


def test_an_experiment_as_run_keeps_its_weights_and_where_it_started_from(write, tmp_path):
    experiment = load_experiment(write(MINIMAL + WEIGHTS + "warm_start: [runs/first, /other]\n"))
    assert experiment.warm_start == (tmp_path / "runs/first", Path("/other"))
    again = load_experiment(write(experiment.to_yaml(), "elsewhere.yaml"))
    assert again == experiment
    assert [d.weights for d in again.search_space.decisions] == [d.weights for d in experiment.search_space.decisions]


def test_encoder_that_no_member_uses_is_a_problem(write):
    write(SPACE_FILE, "beside.yaml")
    file = write("name: x\ndata: {dataset: movielens-100k}\nspace: beside.yaml\nencoders:\n  samll: {path: here}\n")
    assert problems(file) == ["line 5: no option of text_encoder is 'samll'; did you mean 'small'?"]


def test_files_are_relative_to_the_experiment(write, tmp_path):
    write(SPACE_FILE, "beside.yaml")
    file = write(
        """\
        name: x
        data: {dataset: {name: files, interactions: {path: ratings.csv}}}
        space: beside.yaml
        encoders: {small: {path: encoders/small}}
        """
    )
    experiment = load_experiment(file)
    assert experiment.encoders["small"].path == tmp_path / "encoders/small"
    assert experiment.data.dataset.interactions.path == tmp_path / "ratings.csv"


def test_a_tilde_is_the_home_folder(write, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/reader")
    write(SPACE_FILE, "beside.yaml")
    file = write(
        """\
        name: x
        data: {dataset: {name: files, interactions: ~/ratings.csv}}
        space: beside.yaml
        encoders: {small: {path: ~/models/small}, large: {path: ~nobody-here/large}}
        warm_start: [~/runs/first]
        output: ~/runs/books
        """
    )
    experiment = load_experiment(file)
    assert experiment.data.dataset.interactions.path == Path("/home/reader/ratings.csv")
    assert experiment.encoders["small"].path == Path("/home/reader/models/small")
    assert experiment.encoders["large"].path == tmp_path / "~nobody-here/large"
    assert experiment.warm_start == (Path("/home/reader/runs/first"),)
    assert experiment.folder == "/home/reader/runs/books"
    assert load_experiment(write(experiment.to_yaml(), "again.yaml")).folder == experiment.folder


def test_experiment_written_out_is_read_as_an_equal_one(write, tmp_path):
    write(SPACE_FILE, "beside.yaml")
    data = "data: {dataset: {name: files, interactions: {path: ratings.csv}}}"
    extra = "encoders: {small: {path: here}}\ncontroller: {name: ppo, clip: 0.3}\nbudget: {minutes: 1.5}\n"
    experiment = load_experiment(write(f"name: x\n{data}\nspace: beside.yaml\n{extra}"), ["seed=3"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "again.yaml").write_text(experiment.to_yaml(), encoding="utf-8")
    assert load_experiment(elsewhere / "again.yaml") == experiment


@given(
    st.builds(
        dict,
        name=st.text("abc1.-_", min_size=1).filter(lambda name: name[0] not in ".-_"),
        seed=st.integers(0, 2**63),
        decisions=st.dictionaries(
            st.sampled_from(["a", "b", "c"]),
            st.lists(st.text("ab1e-. no", max_size=4) | st.integers() | st.booleans(), min_size=1, unique=True),
            min_size=1,
        ),
    )
)
def test_any_options_survive_being_written_out(tmp_path_factory, drawn):
    space = {"decisions": drawn["decisions"]}
    plain = {"name": drawn["name"], "seed": drawn["seed"], "data": {"dataset": "movielens-100k"}, "space": space}
    experiment = Experiment.model_validate(plain)
    file = Path(tmp_path_factory.mktemp("written")) / "experiment.yaml"
    file.write_text(experiment.to_yaml(), encoding="utf-8")
    again = load_experiment(file)
    assert again == experiment
    assert build_space(again.space) == build_space(experiment.space)


def test_problems_are_in_the_order_of_the_file(write):
    file = write(MINIMAL + "\n".join(f"k{i}: 1" for i in range(3)) + "\n")
    where = [Problem(*p.split(": ", 1)).where for p in problems(file)]
    assert where == ["line 14", "line 15", "line 16"]


def test_robustness_is_asked_for_by_kind_or_as_a_whole(write):
    def wanted(text):
        return load_experiment(write(MINIMAL + text)).retrain.robustness

    assert wanted("") == wanted("retrain: {robustness: false}") == ()
    assert wanted("retrain: {robustness: true}") == ("edges", "text", "popularity")
    assert wanted("retrain: {robustness: [popularity, edges]}") == ("popularity", "edges")
    (problem,) = problems(write(MINIMAL + "retrain: {robustness: [edgse]}"))
    assert problem == "line 14: retrain.robustness.0 is 'edgse'; did you mean 'edges'?"


def test_an_ensemble_is_refused_where_it_could_break_what_its_trials_keep(write):
    text = "retrain: {ensemble: 4}\n"
    assert load_experiment(write(MINIMAL + text)).retrain.ensemble == 4
    (problem,) = problems(write(MINIMAL + text + "objective: {constraints: [latency_ms <= 5]}"))
    assert problem.startswith("line 14: several trials together") and "remove objective.constraints" in problem


def test_objectives_and_constraints_are_what_the_file_says(write):
    line = "objective: {metric: recall@10, maximise: [coverage@5], minimise: [latency_ms], constraints: [ndcg@3>=0.1]}"
    experiment = load_experiment(write(MINIMAL + line))
    assert experiment.objectives == Objectives(
        "recall@10", ("coverage@5",), ("latency_ms",), (Constraint("ndcg@3", 0.1, is_upper=False),)
    )
    assert experiment.metrics[:3] == ("recall@10", "coverage@5", "ndcg@3"), "all of them are measured"
    assert load_experiment(write(experiment.to_yaml())).objectives == experiment.objectives


def test_mistakes_in_objectives_are_reported_with_the_nearest_name(write):
    file = write(
        MINIMAL
        + """
objective:
  minimise: [latency, ndcg@20]
  constraints:
  - num_parmeters <= 2e6
  - ndgc@5 >= 0.1
"""
    )
    found = problems(file)
    assert found[0].endswith("'latency': unknown metric; did you mean 'latency_ms'?")
    assert found[1].endswith("'num_parmeters': unknown metric; did you mean 'num_parameters'?")
    assert "'ndgc@5': unknown metric 'ndgc'; did you mean 'ndcg'?" in found[2]
    assert problems(write(MINIMAL + "objective: {minimise: [loss, loss]}"))[0].endswith(
        "'loss' is an objective already"
    )
    (unread,) = problems(write(MINIMAL + "objective: {constraints: [latency_ms < 5]}"))
    assert "'latency_ms < 5' is no constraint; wanted a metric, <= or >=, and a number" in unread
