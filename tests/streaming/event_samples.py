"""Events for tests: a valid one of each kind, and values at and beyond the bounds of each field; no tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from echo_assets.settings import PROJECT

KINDS = ("transaction", "signup", "experiment_exposure")
SCHEMAS: dict[str, dict[str, Any]] = {
    kind: json.loads((Path(PROJECT) / "echo_streaming" / "schemas" / f"{kind}.v1.json").read_text(encoding="utf-8"))
    for kind in KINDS
}
DATA: dict[str, dict[str, Any]] = {
    "transaction": {
        "transaction_id": "T1", "amount": 19.99, "customer_id": "C1", "status": "paid", "currency": "USD",
        "product_id": "P1", "quantity": 1, "channel": "web",
    },
    "signup": {"customer_id": "C1", "email": "ada@example.com", "segment": "smb", "acquisition_channel": "web"},
    "experiment_exposure": {"experiment_id": "E1", "user_id": "C1", "variant": "control"},
}  # fmt: skip


def event(kind: str = "transaction", data: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """A valid event, but for what is given; a value of `...` leaves the field out."""
    written = {
        "specversion": "1.0", "id": "0193-1", "source": "/shop", "type": f"echo.{kind}.v1", "subject": "C1",
        "time": "2026-05-04T10:11:12.5Z", "data": {**DATA[kind], **(data or {})}, **attributes,
    }  # fmt: skip
    written["data"] = {name: value for name, value in written["data"].items() if value is not ...}
    return {name: value for name, value in written.items() if value is not ...}


def as_bytes(written: Any) -> bytes:
    """The record's value."""
    return json.dumps(written).encode()


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a field: good ones, those at its bounds, and those that it must refuse."""
    odd = st.sampled_from([None, True, 0, 1.5, "", " ", "x", [], {}, "1.0", "USD", "paid"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | odd | st.text(max_size=5)
    if schema.get("format") == "date-time":
        return _moments() | odd
    if "number" in schema["type"]:
        return _numbers(schema) | odd
    return _texts(schema.get("maxLength", 10)) | odd


def _numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high, step = schema["minimum"], schema["maximum"], schema["multipleOf"]
    digits = len(str(step)) - 2
    within = st.decimals(low, high, places=digits).map(float)
    return st.one_of(
        within,
        st.decimals(low, high, places=digits + 1).map(float),
        st.sampled_from([low, high, low - step, high + step, low - 1, high + 1, -1, -0.0, step, step / 10, 1e300]),
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-(10**20), 10**20),
    )


def _texts(longest: int) -> st.SearchStrategy[str]:
    edges = st.sampled_from(["\n", " ", "\t", "\x7f", "\x85", "\xa0", "é", "𝄞", "\\", '"', "\r\n", "\u2028"])
    some = st.text(max_size=12)
    return st.one_of(
        some,
        st.tuples(edges, some).map("".join),
        st.tuples(some, edges).map("".join),
        st.sampled_from(["a" * longest, "a" * (longest + 1), "𝄞" * longest, "𝄞" * (longest + 1)]),
        st.from_regex(r"\A[!-~]{1,64}\Z"),
    )


def _moments() -> st.SearchStrategy[str]:
    day = st.dates().map(str) | st.sampled_from(["2026-02-30", "2024-02-29", "1999-12-31", "2026-13-01", "2026-1-1"])
    clock = st.times().map(str) | st.sampled_from(["24:00:00", "23:59:60", "10:00", "10:11:12.1234567890", "9:00:00"])
    offset = st.sampled_from(["Z", "z", "", "+00:00", "-15:59", "+16:00", "+0100", "+01", "+01:60", "Z\n"])
    return st.tuples(day, st.sampled_from("TTTTt _"), clock, offset).map("".join)
