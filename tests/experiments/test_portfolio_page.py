"""The page of all experiments shows each arm as it was seen and as it stands among the others."""

import examples
from seen_page import Seen

from echo_ml.experiments.pages import portfolio_page
from echo_ml.experiments.portfolio import Portfolio, portfolio

READOUTS = [examples.readout(), examples.readout(experiment_id="EXP-<2>"), examples.unregistered()]


def test_every_experiment_has_its_row_and_its_link():
    seen = Seen(portfolio_page(portfolio(READOUTS), {"EXP-001": "exp-001.html"}))
    for text in ("3 experiments, 2 effects tested together.", "EXP-<2>", "not registered, 14 March 2024",
                 "nothing compared", "! Blocked", "+38%", "from +28% to +49%", "Shrunken lift"):  # fmt: skip
        assert text in seen.text
    assert [link["href"] for link in seen.named("a")] == ["exp-001.html"]
    assert len(seen.drawings) == 1 and "EXP-001, treatment, as seen: +38%" in seen.drawings[0]
    assert not {"nan", "none"} & seen.words


def test_before_the_first_readout_it_says_so():
    assert "No experiment has a readout yet." in Seen(portfolio_page(Portfolio(()))).text
