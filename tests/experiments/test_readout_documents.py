"""A readout goes into a document and comes back the same, whatever numbers it holds."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from made_readouts import made_readout

from echo_ml.experiments.documents import document_of, readout_from
from echo_ml.experiments.findings import Readout


@pytest.mark.parametrize(
    "readout",
    [
        made_readout(),
        replace(made_readout(), design=None, comparisons=(), paths=(), power=None),
        replace(made_readout(), data_as_of=datetime(2024, 2, 1, tzinfo=UTC), warnings=("“quoted” \\ \n text",)),
    ],
)
def test_what_was_stored_is_what_is_read(readout: Readout) -> None:
    assert readout_from(json.loads(document_of(readout))) == readout


def test_a_boundary_may_be_infinite_and_a_number_may_come_from_an_array() -> None:
    readout = made_readout()
    [path] = readout.paths
    endless = replace(
        readout, paths=(replace(path, lower=(-math.inf, None), statistic=(np.float64(0.5), np.int64(1))),)
    )
    [stored] = readout_from(json.loads(document_of(endless))).paths
    assert (stored.lower, stored.statistic) == ((-math.inf, None), (0.5, 1.0))


def test_a_document_that_is_no_readout_is_refused() -> None:
    document = json.loads(document_of(made_readout()))
    with pytest.raises(ValueError, match="as_of"):
        readout_from({**document, "as_of": "yesterday"})
    assert readout_from(document).as_of == date(2024, 1, 14)
