"""The report as a browser shows it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gnas_ray.core import Objectives
from gnas_ray.records.final import FinalRow, Spread
from gnas_ray.records.findings import Findings, findings_of
from gnas_ray.records.report.page import SECTIONS, render, write_report
from gnas_ray.records.robustness import RobustnessRow
from tests.records.trials import FINISHED, RUNGS, add, many_trials, new_ledger, six_trials

BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
NASTY = "</script><b>&"

PROBE = """<script>
window.found = [];
window.addEventListener("error", event => found.push("error: " + event.message));
document.addEventListener("securitypolicyviolation", event => found.push("blocked: " + event.blockedURI));
console.error = console.warn = (...words) => found.push("console: " + words.join(" "));
window.addEventListener("load", () => setTimeout(() => {
  const loaded = performance.getEntriesByType("resource").map(entry => entry.name);
  const plots = [...document.querySelectorAll(".plotly-graph-div")];
  const drawn = plots.filter(plot => plot.querySelector(".scatterlayer .trace, .barlayer .trace")).map(plot => plot.id);
  document.body.innerHTML = "<pre id=probe></pre>";
  document.getElementById("probe").textContent = JSON.stringify({found, loaded, drawn});
}, 500));
</script>"""


def many_findings() -> Findings:
    """Enough trials for every section, with a baseline that wins and text that would break a careless page."""
    ledger = many_trials(30)
    number = add(ledger, [0.1] * 9, FINISHED)
    final = [
        FinalRow(f"trial {number}", {"ndcg@20": Spread(0.1, 0.01), "cold.ndcg@20": Spread(0.0123)}, trial=number),
        FinalRow("ease", {"ndcg@20": Spread(0.2)}, "regularisation 200"),
    ]
    disturbed = {"clean": {"ndcg@20": 0.2}, "edges 5%": {"ndcg@20": 0.15}}
    return findings_of(
        ledger,
        RUNGS,
        name=f"films {NASTY}",
        final=final,
        robustness=[RobustnessRow("ease", disturbed)],
        facts={"data": NASTY},
    )


def in_browser(page: str, tmp_path: Path) -> dict[str, list[str]]:
    """What a headless browser saw: errors and blocked requests, loaded resources, plots drawn."""
    if BROWSER is None:
        pytest.skip("no Chromium here; `apt-get install chromium` has one")
    path = tmp_path / "report.html"
    path.write_text(page.replace("<head>", f"<head>{PROBE}", 1), encoding="utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--virtual-time-budget=8000", "--dump-dom", path.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    probe = re.search(r'<pre id="probe">(.*?)</pre>', dom, re.DOTALL)
    assert probe, dom[-2000:]
    return json.loads(html.unescape(probe[1]))


def test_a_browser_draws_every_plot_without_errors_or_requests(tmp_path: Path) -> None:
    seen = in_browser(render(many_findings()), tmp_path)
    assert seen["drawn"] == ["plot-incumbent", "plot-curves", "plot-policy", "plot-importance", "plot-cost"]
    assert seen["found"] == []
    assert seen["loaded"] == []


def test_the_browser_check_sees_what_it_should(tmp_path: Path) -> None:
    page = render(many_findings()).replace(
        "</body>", '<img src="https://example.org/a.png"><script>oops()</script></body>'
    )
    found = in_browser(page, tmp_path)["found"]
    assert any("oops is not defined" in line for line in found)
    assert any("example.org" in line for line in found)


def test_the_page_holds_plotly_once_and_every_section() -> None:
    page = render(many_findings())
    assert page.count("plotly.js v") == 1
    sections = re.findall(r'<section id="(\w+)">', page)
    assert len(sections) == len(set(sections)) == len(SECTIONS)


def test_a_baseline_that_wins_is_first_and_said_to_win() -> None:
    page = render(many_findings())
    assert "The baseline ease beats what the search found" in page
    assert page.index("<td>ease<") < page.index("<td>trial 30 (winner)<")


def test_warm_and_cold_items_stand_apart() -> None:
    page = render(many_findings())
    assert "<th class=number>cold.ndcg@20</th>" in page and "0.0123" in page


def test_disturbed_data_have_a_section_with_what_is_left() -> None:
    page = render(many_findings())
    assert "<th class=number>edges 5%</th>" in page
    assert '<td class="number">0.1500<small>75.0%</small></td>' in page


def test_an_option_has_what_its_trials_came_to_and_what_it_would_change() -> None:
    findings = many_findings()
    page = render(findings)
    section = page[page.index('<section id="options">') :].partition("</section>")[0]
    gat = sum(row.architecture["layer.0.operator"] == "gat" for row in findings.rows)
    counts = f'<td>gat</td><td class="number">{gat}</td><td class="number">{gat}</td>'
    assert f"<tr class=winner><td></td>{counts}" in section and "as it is" in section
    assert '<td>full_softmax</td><td class="number">0</td><td class="number">0</td><td class="number">-</td>' in section
    early = render(findings_of(six_trials(), RUNGS, name="films"))
    assert 'id="options"' not in early, "too few trials"


def test_text_from_outside_cannot_break_the_page() -> None:
    assert NASTY not in render(many_findings())


def test_a_search_that_just_began_has_a_report_too(tmp_path: Path) -> None:
    page = render(findings_of(new_ledger(), RUNGS, name="films"))
    assert "Nothing was tested yet" in page
    assert "Importances need at least 20 trials" in page


def test_the_diagram_shows_the_retrained_trial_rather_than_the_incumbent() -> None:
    final = [FinalRow("trial 1", {"ndcg@20": Spread(0.1, 0.01)}, trial=1)]
    findings = findings_of(six_trials(), RUNGS, name="films", final=final)
    assert findings.rows[0].number == 3
    assert "Trial 1, policy" in render(findings)


def test_a_report_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    for name in ("first", "second"):
        write_report(findings_of(new_ledger(), RUNGS, name=name), path)
    assert "<h1>second</h1>" in path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]


def test_of_several_objectives_only_the_incumbent_is_called_the_winner() -> None:
    ledger = new_ledger(objectives=Objectives("ndcg@20", minimise=("epoch_seconds",)))
    for value in (0.2, 0.3):
        add(ledger, [value] * 9, FINISHED)
    final = [FinalRow("trial 0", {"ndcg@20": Spread(0.1, 0.01)}, trial=0)]
    assert "the winner is trial 1" in render(findings_of(ledger, RUNGS, name="films")).lower()
    page = render(findings_of(ledger, RUNGS, name="films", final=final))
    section = page[page.index('<section id="winner">') :]
    assert "Trial 0, policy" in section and "he winner is trial" not in section[: section.index("</section>")]
