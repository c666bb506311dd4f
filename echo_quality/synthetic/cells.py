"""Columns as text: whole arrays turned into the strings that a file holds. No loop over rows, no quoting, no rules."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from echo_quality.synthetic.period import Flags, Ints


def numbered(prefix: str, numbers: Ints, width: int) -> pa.Array:
    """Identifiers such as T0000001; a number wider than `width` keeps all its digits."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def chosen(labels: Sequence[str], index: Ints) -> pa.Array:
    """The label at each index; -1 is an empty cell."""
    places = np.where(index < 0, len(labels), index)
    return pa.array([*labels, ""], pa.string()).take(pa.array(places))


def whole(numbers: Ints) -> pa.Array:
    """Whole numbers."""
    return pc.cast(pa.array(numbers), pa.string())


def cents(amounts: Ints) -> pa.Array:
    """Amounts given in cents, with exactly two decimals."""
    words = np.empty((len(amounts), 2), dtype="<i8")
    words[:, 0] = amounts
    words[:, 1] = amounts >> 63  # the sign, carried into the high half of a 128-bit integer
    decimals = pa.Decimal128Array.from_buffers(pa.decimal128(18, 2), len(amounts), [None, pa.py_buffer(words)])
    return pc.cast(decimals, pa.string())


def dates(days: Ints) -> pa.Array:
    """Days as YYYY-MM-DD."""
    return pc.cast(pa.array(days.astype("datetime64[D]")), pa.string())


def instants(seconds: Ints) -> pa.Array:
    """Instants as YYYY-MM-DDTHH:MM:SSZ."""
    spaced = pc.cast(pa.array(seconds.astype("datetime64[s]")), pa.string())
    return pc.binary_join_element_wise(pc.utf8_replace_slice(spaced, 10, 11, "T"), "Z", "")


def only(condition: Flags, column: pa.Array) -> pa.Array:
    """The column where the condition holds, an empty cell elsewhere."""
    return pc.if_else(pa.array(condition), column, "")
