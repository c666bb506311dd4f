"""The table and the picture of readouts in the asset's metadata."""

import io

import examples
from PIL import Image

from echo_ml.experiments.findings import Decision, Outcome
from echo_ml.experiments.pages import picture_of, table_of


def cells(line):
    return [cell.strip() for cell in line.strip("|\n").split(" | ")]


def test_a_row_has_the_decision_and_the_figures_it_rests_on():
    head, _, ships, blocked = map(cells, table_of([examples.readout(), examples.unregistered()]).splitlines())
    assert dict(zip(head, ships, strict=True)) == {
        "experiment": "EXP-001", "as of": "2024-03-14", "decision": "\N{CHECK MARK} Ship", "arm": "treatment",
        "primary metric": "conversion rate", "control": "10.2%", "arm's": "14.1%",
        "lift": "+38% (from +28% to +49%)", "p": "below 0.0001", "users": "20,134",
        "why": r"conversion\_rate: treatment wins",
    }  # fmt: skip
    assert blocked[2] == r"\! Blocked" and blocked[-1] == "the registry has no such experiment"


def test_nothing_runs():
    assert table_of([]) == "No experiment runs on that day.\n"


def test_a_name_cannot_make_markup_or_another_cell():
    decision = Decision(Outcome.SHIP, "a", None, ("![x](https://evil.example) | <img src=x>\n# big",), ())
    [_, _, line] = table_of([examples.readout(experiment_id="a|b", decision=decision, comparisons=())]).splitlines()
    assert line.startswith(r"| a\|b | ")
    assert line.endswith(r"\!\[x\](https://evil.example) \| \<img src=x\> \# big |")


def test_the_picture_shows_something_and_grows_with_the_arms():
    small, large = (Image.open(io.BytesIO(picture_of(each))) for each in (examples.unregistered(), examples.readout()))
    assert large.format == "PNG" and large.height > small.height
    assert len(large.convert("RGB").getcolors(100_000)) > 20
    assert len(picture_of(examples.readout())) < 60_000
