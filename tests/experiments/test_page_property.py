"""Whatever is known or not known of a readout, it has a page, a table, a picture and a paragraph that can be read."""

import datetime
from dataclasses import replace

import examples
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from searches import searching
from seen_page import Seen

from echo_ml.experiments import findings
from echo_ml.experiments.design import Method
from echo_ml.experiments.findings import ArmExposure, DayExposure, Decision, Interval, Outcome, Role, View
from echo_ml.experiments.pages import page_of, paragraph_of, picture_of, table_of

numbers = st.floats() | st.floats(-2, 2)
maybe = st.none() | numbers
counts = st.integers(0, 10**9)
NOTHING = ("nan", "None", "inf", "nan%")
names = st.text(max_size=20).filter(lambda name: name.strip() not in NOTHING)  # which Hypothesis reads here
intervals = st.none() | st.builds(Interval, numbers, numbers)
days = st.integers(0, 400).map(lambda day: examples.START + datetime.timedelta(days=day))
few = dict.fromkeys(("metric", "variant", "control", "method"), names) | {"note": st.none() | names}

posteriors = st.builds(
    findings.Bayes, numbers, numbers, maybe, intervals, numbers, numbers,
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0, 9)), max_size=5).map(tuple),
    st.dictionaries(names, numbers, max_size=2), names, st.booleans(),
)  # fmt: skip
comparisons = st.builds(
    replace, st.sampled_from(examples.comparisons()), role=st.sampled_from(Role), users=counts, control_users=counts,
    value=maybe, control_value=maybe, effect=maybe, std_error=maybe, interval=intervals, lift=maybe,
    lift_interval=intervals, p_value=maybe, p_adjusted=maybe, q_value=maybe, cuped_effect=maybe,
    cuped_interval=intervals, variance_reduction=maybe, bayes=st.none() | posteriors, margin=maybe,
    is_non_inferior=st.none() | st.booleans(), **few,
)  # fmt: skip
paths = st.integers(0, 4).flatmap(lambda size: st.builds(
    findings.Path, names, st.sampled_from(Method), names, st.just(examples.DAYS[:size]), st.tuples(*[counts] * size),
    st.tuples(*[maybe] * size), st.tuples(*[maybe] * size), st.tuples(*[maybe] * size), st.tuples(*[maybe] * size),
    st.none() | st.sampled_from(examples.DAYS[:size] or [None]),
))  # fmt: skip
powers = st.builds(
    findings.Power, names, st.none() | counts, counts, numbers, maybe, maybe, maybe, st.none() | st.integers(-9, 10**6),
    st.lists(st.tuples(numbers, numbers), max_size=4).map(tuple),
)  # fmt: skip
exposures = st.builds(ArmExposure, names, maybe, counts, maybe, st.dictionaries(names, counts, max_size=2))
decisions = st.builds(
    Decision, st.sampled_from(Outcome), st.none() | names, st.none() | names, st.tuples(names), st.tuples(names, names),
)  # fmt: skip


def some(strategy, most=3):
    return st.lists(strategy, max_size=most).map(tuple)


readouts = st.builds(
    replace, st.sampled_from([examples.readout(), examples.unregistered()]), experiment_id=names, as_of=days,
    decision=decisions, conditions=some(st.builds(findings.Condition, names, st.booleans(), st.booleans(), names)),
    comparisons=some(comparisons), paths=some(paths, 2), power=st.none() | powers, exposure=some(exposures),
    timeline=some(st.builds(DayExposure, days, st.dictionaries(names, counts, max_size=3))), srm_p_value=maybe,
    views=some(st.builds(View, names, names, names, counts, counts, maybe, intervals)), warnings=some(names),
    data_as_of=st.none() | st.datetimes(timezones=st.none() | st.just(datetime.UTC)),
)  # fmt: skip
SEARCH = settings(
    phases=(Phase.explicit, Phase.generate),
    print_blob=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@searching(short=5, long=60)
def test_every_readout_can_be_shown(tries):
    @settings(SEARCH, max_examples=tries)
    @given(readouts)
    def search(readout):
        seen = Seen(page_of(readout))
        assert len(seen.named("h1")) == 1
        assert not [text for text in seen.texts if text.strip() in NOTHING]
        assert picture_of(readout).startswith(b"\x89PNG\r\n\x1a\n")
        table = table_of([readout])
        assert {line.count("|") - line.count("\\|") for line in table.splitlines()} == {12}
        told = paragraph_of(
            readout.design, readout.comparisons, readout.decision, readout.exposure, readout.power, readout.as_of
        )
        assert told and "\n" not in told

    search()
