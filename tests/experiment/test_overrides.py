import pytest

from gnas_ray.core import Problem
from gnas_ray.experiment.document import Document
from gnas_ray.experiment.overrides import apply_overrides

DATA = {"budget": {"trials": 10}, "controller": "ppo", "prior": [{"name": "first"}], "name": "x"}
DOCUMENT = Document(DATA, {("budget",): "line 1", ("budget", "trials"): "line 2", ("controller",): "line 3"})


def apply(*overrides):
    return apply_overrides(DOCUMENT, overrides)


def test_value_is_read_as_yaml_and_the_last_one_counts():
    document, problems = apply("budget.trials=50", "seed=1e-4", "budget.trials=[1, two]")
    assert problems == []
    assert document.data == {**DATA, "budget": {"trials": [1, "two"]}, "seed": 1e-4}
    assert DATA["budget"] == {"trials": 10}


@pytest.mark.parametrize(("written", "value"), [("08", 8), ("010", 10), ("0o10", 8), ("0x10", 16)])
def test_integers_are_those_of_yaml_1_2(written, value):
    document, problems = apply(f"seed={written}")
    assert problems == []
    assert document.data["seed"] == value


def test_places_of_what_was_set_are_the_override():
    document, _ = apply("budget.trials=50", "objective.metric=ndcg@5")
    assert document.place(("budget", "trials")) == "--set budget.trials=50"
    assert document.place(("budget",)) == "line 1"
    assert document.place(("objective",)) == "--set objective.metric=ndcg@5"


def test_section_that_is_replaced_forgets_its_lines():
    document, _ = apply("budget={trails: 3}")
    assert document.place(("budget", "trails")) == "--set budget={trails: 3}"


def test_name_becomes_the_mapping_it_stands_for():
    document, problems = apply("controller.clip=0.1", "searcher.seed=1")
    assert problems == []
    assert document.data["controller"] == {"name": "ppo", "clip": 0.1}
    assert document.data["searcher"] == {"seed": 1}


def test_path_of_a_data_file_becomes_the_mapping_it_stands_for():
    data = {"data": {"dataset": {"name": "files", "interactions": "r.csv"}, "split": "by_time"}}
    overrides = ["data.dataset.interactions.separator=;", "data.split.test=0.2", "data.dataset.items.format=csv"]
    document, problems = apply_overrides(Document(data, {}), overrides)
    assert problems == []
    assert document.data["data"] == {
        "dataset": {
            "name": "files",
            "interactions": {"path": "r.csv", "separator": ";"},
            "items": {"format": "csv"},
        },
        "split": {"name": "by_time", "test": 0.2},
    }


def test_number_picks_from_a_list():
    document, _ = apply("prior.0.name=second")
    assert document.data["prior"] == [{"name": "second"}]


def test_value_may_contain_equals_signs():
    document, _ = apply("name=a=b")
    assert document.data["name"] == "a=b"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("budget.trials", "wanted KEY=VALUE"),
        ("=3", "wanted KEY=VALUE"),
        ("budget..trials=3", "wanted KEY=VALUE"),
        ("name=[1", "not YAML"),
        ("name={a: 1, a: 2}", "not YAML: "),
        ("name=&a [*a]", "an anchor that contains itself"),
        ("prior.1.name=x", "prior is a list of 1; '1' is no index of it"),
        ("prior.last.name=x", "'last' is no index"),
        ("budget.trials.more=1", "budget.trials is 10, which has no keys"),
    ],
)
def test_meaningless_override_is_a_problem_and_the_others_are_applied(override, said):
    document, [problem] = apply(override, "seed=3")
    assert problem.where == f"--set {override}"
    assert said in problem.what
    assert document.data["seed"] == 3


def test_all_problems_are_reported():
    _, problems = apply("a", "b")
    assert problems == [Problem(f"--set {x}", "wanted KEY=VALUE, e.g. budget.trials=50") for x in "ab"]
