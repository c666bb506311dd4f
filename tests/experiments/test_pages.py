"""What must be seen on the page of a readout, and what must never be."""

import datetime
import re
from dataclasses import replace

import examples
import pytest
from seen_page import Seen

from echo_assets.settings import PROJECT
from echo_ml.experiments.design import Method
from echo_ml.experiments.findings import ArmExposure, Decision, Interval, Outcome, View
from echo_ml.experiments.pages import page_of
from echo_ml.experiments.pages.palette import DARK, LIGHT
from echo_ml.experiments.pages.registry_row import registry_row
from echo_quality.odcs import read_contract

HOSTILE = """<script>alert("1")</script>' onload='x' {{ 7 * 7 }} $x_{^ | `rm` \n&amp; https://evil.example/"""


@pytest.fixture(scope="module")
def page():
    return page_of(examples.readout())


@pytest.fixture(scope="module")
def seen(page):
    return Seen(page)


@pytest.mark.parametrize("text", [
    "Ship treatment", "Checkout button", "as of the end of 14 March 2024",
    "conversion_rate: treatment wins.", "A worse guardrail.",
    "p 0.810, as designed", "10,050", "12: several variants",
    "14.1%", "+3.91 percentage points", "from +3.01 to +4.81", "+38%", "from +28% to +49%",
    "1,234.50", "guardrail: must not get worse", "margin 0.05: not worse",
    "Variance taken away", "27.0%", "Holm", "Benjamini and Hochberg",
    "The boundary was crossed on 9 March 2024.", "no look on this day",
    "Beats control", "Is the best arm", "Expected loss if shipped", "sceptical above 99.9%",
    "20,134 of 3,560 needed", "Detectable now 1.22 percentage points", "two-proportion z, pooled",
    "Exploratory.", "Friday", "Share of users who bought within 14 days.",
    "14 March 2024, 23:10 UTC", "The covariate gains little.", "enrol 9,866 more users",
    "echoctl trace experiments.experiment_daily.users --where experiment_id=EXP-001 --where variant_name=control",
])  # fmt: skip
def test_a_reader_finds(seen, text):
    assert text in seen.text


def test_every_chart_is_there_and_is_told_in_words(seen):
    beginnings = [alt.split()[0] for alt in seen.drawings]
    assert beginnings == ["Relative", "z", "Posterior", "Power", "Units"]
    assert all(len(alt) > 40 for alt in seen.drawings)


def test_nothing_is_loaded_from_anywhere(page, seen):
    assert not re.findall(r"https?://|//\w+\.\w+|@import|url\((?!#)", page)
    assert not seen.named("script") and not seen.named("link") and not seen.named("iframe") and not seen.named("img")


def test_the_same_readout_has_the_same_page(page):
    assert page_of(examples.readout()) == page


def test_identifiers_are_unique_and_every_reference_has_its_target(seen):
    ids = [attributes["id"] for _, attributes in seen.tags if attributes.get("id")]
    used = {attributes["href"] for _, attributes in seen.tags if (attributes.get("href") or "").startswith("#")}
    assert len(ids) == len(set(ids))
    assert used <= {f"#{each}" for each in ids}


def test_tables_have_headers_and_a_caption_and_the_page_a_language(seen):
    assert seen.named("html") == [{"lang": "en"}]
    assert len(seen.named("table")) == len(seen.named("caption"))
    assert all(header.get("scope") in ("col", "row") for header in seen.named("th"))


@pytest.mark.parametrize("outcome", Outcome)
def test_a_decision_is_told_in_words_and_by_a_sign(outcome):
    seen = Seen(page_of(examples.readout(decision=Decision(outcome, None, None, ("because",), ("nothing",)))))
    said = {"SHIP": "Ship", "DO_NOT_SHIP": "Do not ship", "NO_MEANINGFUL_EFFECT": "No meaningful effect",
            "KEEP_RUNNING": "Keep running", "BLOCKED": "Blocked"}[outcome]  # fmt: skip
    assert re.search(rf"[^\w\s] {said}", seen.text)


def test_what_is_blocked_warns_before_its_figures():
    decision = Decision(Outcome.BLOCKED, None, "sample_ratio_matches", ("p = 1e-9",), ("find the cause",))
    seen = Seen(page_of(examples.readout(decision=decision, srm_p_value=1e-9)))
    assert "Nothing is decided, because this does not hold: sample ratio matches." in seen.text
    assert "shown to find the cause, not to be used" in seen.text
    assert "p below 0.0001, broken" in seen.text


def test_who_is_not_registered_learns_what_to_add():
    seen = Seen(page_of(examples.unregistered()))
    assert "The registry has no such experiment." in seen.text
    assert 'EXP-009,FILL IN,FILL IN,"{""a"": ""FILL IN"", ""b"": ""FILL IN""}"' in seen.text
    assert "3: several variants" in seen.text


def test_the_row_to_add_has_the_columns_of_the_contract():
    contract = read_contract(PROJECT / "echo_quality" / "contracts" / "experiments.yaml")
    assert registry_row(examples.unregistered()).header.split(",") == [column.name for column in contract.columns]


def test_names_cannot_break_out_of_their_place():
    design = examples.design(name=HOSTILE, arms={"control": 0.5, HOSTILE: 0.5}, unit=HOSTILE)
    rows = tuple(
        replace(examples.comparison(), variant=HOSTILE, metric=HOSTILE, note=HOSTILE, method=HOSTILE) for _ in "ab"
    )
    decision = Decision(Outcome.SHIP, HOSTILE, HOSTILE, (HOSTILE,), (HOSTILE,))
    page = page_of(examples.readout(
        experiment_id=HOSTILE, design=design, decision=decision, comparisons=rows, paragraph=HOSTILE,
        paths=(examples.path(variant=HOSTILE, description=HOSTILE),), warnings=(HOSTILE,),
        exposure=(ArmExposure(HOSTILE, 0.5, 10, 10.0, {HOSTILE: 3}),),
        views=(View(HOSTILE, HOSTILE, HOSTILE, 1, 1, 0.1, Interval(0, 1)),),
    ))  # fmt: skip
    seen = Seen(page)
    assert not seen.named("script") and "49" not in seen.text.split()
    assert not any(name.startswith("on") for _, attributes in seen.tags for name in attributes)
    assert Seen(page_of(examples.unregistered(experiment_id=HOSTILE))).named("script") == []


def test_what_is_missing_is_said_in_words():
    row = examples.comparison(
        value=None, effect=None, std_error=None, interval=None, lift=None, lift_interval=None, p_value=None,
        p_adjusted=None, q_value=None, control_value=None,
    )  # fmt: skip
    power = examples.power(needed=None, mde_now=None, power_now=None, users_a_day=None, days_to_decision=None, curve=())
    seen = Seen(page_of(examples.readout(
        comparisons=(row,), power=power, paths=(), views=(), timeline=(), srm_p_value=None, data_as_of=None,
        exposure=(), conditions=(),
    )))  # fmt: skip
    assert not {"nan", "none", "inf"} & seen.words
    for text in ("not known", "No path is recorded yet.", "The data were not split into parts.", "No posterior",
                 "so the figures are not adjusted", "Nobody has been seen in it."):  # fmt: skip
        assert text in seen.text
    assert seen.drawings == []


def test_looks_that_are_not_planned_show_the_confidence_sequence():
    path = examples.path(
        method=Method.ALWAYS_VALID, description="confidence sequence", statistic=(None, *(0.02,) * 13),
        lower=(None, *(-0.01,) * 13), upper=(None, *(0.05,) * 13), p_value=(None, *(0.2,) * 13), crossed_on=None,
    )  # fmt: skip
    seen = Seen(page_of(examples.readout(design=examples.design(looks=None), paths=(path,))))
    assert "any number of looks (always valid)" in seen.text
    assert "The boundary has not been crossed." in seen.text
    assert "+2.0 percentage points" in seen.text and "from \N{MINUS SIGN}1.0 to +5.0" in seen.text


def test_an_experiment_that_has_not_begun_says_so():
    before = examples.START - datetime.timedelta(days=3)
    assert "not begun" in Seen(page_of(examples.readout(as_of=before))).text


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_can_be_told_from_the_paper(colours):
    for name, colour in colours.items():
        least = {"paper": 1.0, "panel": 1.0, "line": 1.2}.get(name, 4.5 if not name.startswith("arm") else 3.0)
        assert contrast(colour, colours["paper"]) >= least, name
    assert contrast(colours["soft"], colours["panel"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """As the Web Content Accessibility Guidelines measure it, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
