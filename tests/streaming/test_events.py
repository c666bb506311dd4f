"""The types and the generated schemas accept and refuse the same events, and every refusal has its reason."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from event_samples import DATA, KINDS, SCHEMAS, as_bytes, event, values
from hypothesis import example, given, settings
from hypothesis import strategies as st

from echo_streaming.events.reading import LONGEST_RECORD, Read, Reason, Refused, read
from echo_streaming.events.types import KINDS as TYPES
from echo_streaming.events.types import MOMENT, TAGS, Event
from echo_streaming.events.writing import record_of

NOW = datetime(2100, 1, 1, tzinfo=UTC)
"""Later than any time that the schemas allow: they know nothing of a clock."""


@cache
def validator(kind: str) -> Any:
    return jsonschema_rs.validator_for(SCHEMAS[kind], validate_formats=True)


def fields(schema: dict[str, Any]) -> dict[tuple[str, str], st.SearchStrategy[Any]]:
    """Values of the attributes of an event, and of the fields of its data."""
    of_event = {("", name): each for name, each in schema.items() if name not in {"type", "data"}}
    of_data = {("data", name): each for name, each in schema["data"]["properties"].items()}
    return {place: values(each) | st.just(...) for place, each in (of_event | of_data).items()}


FIELDS = {kind: fields(schema["properties"]) for kind, schema in SCHEMAS.items()}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event with up to three fields of other values, or left out, or unknown."""
    kind = draw(st.sampled_from(KINDS))
    data, own = {}, {}
    for part, name in draw(st.lists(st.sampled_from(sorted(FIELDS[kind])), max_size=3, unique=True)):
        (data if part else own)[name] = draw(FIELDS[kind][part, name])
    if draw(st.booleans()):
        data["not_in_the_contract"] = draw(st.text(max_size=5) | st.integers() | st.none())
    return event(kind, data, **own)


@settings(deadline=None)
@given(events())
def test_the_types_and_the_schemas_accept_and_refuse_the_same_events(written: dict[str, Any]) -> None:
    found = read(as_bytes(written), NOW)
    if "\\u0000" in json.dumps(written) and isinstance(found, Refused):
        return  # NUL is refused wherever it stands, in unknown fields as well
    [kind] = [kind for kind in KINDS if written["type"] == TAGS[kind]]
    assert isinstance(found, Read) == validator(kind).is_valid(written), found
    if isinstance(found, Read):
        assert msgspec.json.decode(as_bytes(written), type=Event).data == found.data


@pytest.mark.parametrize("kind", KINDS)
def test_the_types_name_the_fields_and_bounds_of_the_schemas(kind: str) -> None:
    [struct] = [struct for struct, name in TYPES.items() if name == kind]
    own = msgspec.json.schema(struct)["$defs"]
    data = own[type_of_data(struct)]
    expected = SCHEMAS[kind]["properties"]["data"]
    assert set(data["properties"]) == set(expected["properties"])
    assert set(data["required"]) == set(expected["required"])
    assert set(own[struct.__name__]["required"]) == set(SCHEMAS[kind]["required"])


def type_of_data(struct: Any) -> str:
    return str(struct.__annotations__["data"])


@settings(deadline=None)
@given(st.integers(-(10**8), 10**8).filter(bool))
def test_no_cent_is_lost_on_the_way(cents: int) -> None:
    written = f'{{"transaction_id":"T","amount":{Decimal(cents) / 100},"quantity":{-1 if cents < 0 else 1}'
    value = as_bytes(event()).replace(as_bytes(DATA["transaction"])[:1] + b'"transaction_id": "T1", "amount": 19.99', (
        written.encode()
    )).replace(b', "quantity": 1,', b",")  # fmt: skip
    found = read(value, NOW)
    assert isinstance(found, Read), found
    assert Decimal(str(json.loads(found.payload)["amount"])) * 100 == cents


REFUSALS = [
    (None, Reason.EMPTY, "no value"),
    (b"", Reason.EMPTY, "no value"),
    (b"nope", Reason.NOT_JSON, "malformed"),
    (b"\xff\xfe", Reason.NOT_JSON, "malformed"),
    (b'{"type": "echo.signup.v1"', Reason.NOT_JSON, "truncated"),
    (b"[]", Reason.INVALID, "Expected `object`"),
    (b"{}", Reason.INVALID, "required field `id`"),
    (b'{"type": 5}', Reason.INVALID, "$.type"),
    (as_bytes(event(type="echo.transaction.v2")), Reason.UNKNOWN_TYPE, "echo.transaction.v2"),
    (as_bytes(event(data={"amount": "1"})), Reason.INVALID, "$.data.amount"),
    (as_bytes(event(data={"amount": 1e300})), Reason.INVALID, "$.data.amount"),
    (as_bytes(event(data={"amount": 0})), Reason.INVALID, "not positive"),
    (as_bytes(event(data={"amount": 0.001})), Reason.INVALID, "more than 2 decimals"),
    (as_bytes(event(data={"status": ...})), Reason.INVALID, "`status`"),
    (as_bytes(event(time="2026-02-30T00:00:00Z")), Reason.INVALID, "$.time"),
    (as_bytes(event(time="2026-02-03T00:00:00")), Reason.INVALID, "$.time"),
    (as_bytes(event(time="0001-01-01T00:00:00Z")), Reason.INVALID, "$.time"),
    (as_bytes(event(time="9999-01-01T00:00:00Z")), Reason.INVALID, "$.time"),
    (as_bytes(event(data={"product": "a\0b"})), Reason.HAS_NUL, "NUL"),
    (as_bytes(event(data={"unknown": [{"a\0": 1}]})), Reason.HAS_NUL, "NUL"),
    (as_bytes(event(data={"product": "\ud800"})), Reason.NOT_JSON, "truncated"),
    (b'{"type":"echo.signup.v1","more":' + b"[" * 400_000 + b"]" * 400_000 + b"}", Reason.INVALID, "too deep"),
    (as_bytes(event(data={"unknown": "x" * LONGEST_RECORD})), Reason.TOO_LARGE, "bytes"),
]


@pytest.mark.parametrize(("value", "reason", "told"), REFUSALS, ids=lambda each: str(each)[:30])
def test_every_refusal_has_its_reason(value: bytes | None, reason: Reason, told: str) -> None:
    found = read(value, NOW)
    assert isinstance(found, Refused)
    assert found.reason == reason
    assert told in found.error


def test_a_refusal_quotes_no_value_of_the_record() -> None:
    for data in ({"status": "ada@example.com"}, {"currency": "ada@example.com"}, {"amount": "ada@example.com"}):
        found = read(as_bytes(event(data=data)), NOW)
        assert isinstance(found, Refused)
        assert "ada" not in found.error


def test_a_clock_that_is_wrong_is_told_by_ours() -> None:
    now = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    inside, beyond = (event(time=(now + timedelta(minutes=each)).isoformat()) for each in (60, 61))
    assert isinstance(read(as_bytes(inside), now), Read)
    found = read(as_bytes(beyond), now)
    assert isinstance(found, Refused)
    assert found.reason == Reason.IN_THE_FUTURE


def test_what_the_contract_does_not_name_is_kept() -> None:
    found = read(as_bytes(event(data={"coupon": "ADA"}, traceparent="00-1")), NOW)
    assert isinstance(found, Read)
    assert json.loads(found.payload)["coupon"] == "ADA"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_again_and_says_what_it_is(kind: str) -> None:
    sent = msgspec.json.decode(as_bytes(event(kind)), type=Event)
    record = record_of(sent)
    assert record.key == b"C1"
    assert dict(record.headers)["ce_type"].decode() == TAGS[kind]
    assert dict(record.headers)["schema_version"] == b"v1"
    found = read(record.value, NOW)
    assert isinstance(found, Read)
    assert (found.event_id, found.kind, found.user_id) == ("0193-1", kind, "C1")
    assert json.loads(found.payload) == DATA[kind]
    assert validator(kind).is_valid(json.loads(record.value or b""))


MOMENTS = st.builds(
    "20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z".format,
    st.integers(0, 99), st.integers(1, 12), st.integers(1, 31), st.integers(0, 24), st.integers(0, 60),
    st.integers(0, 60), st.sampled_from(["", ".123456", ",123456", ".12", ".1234567"]),
)  # fmt: skip


@given(moment=MOMENTS, place=st.integers(0, 26), instead=st.sampled_from(" -:.,TWZt0129+\u0660x") | st.just(""))
@example(moment="2026-05-04T10:11:12,123456Z", place=0, instead="2")
@example(moment="2026-W19-1T10:11:12.123456Z", place=0, instead="2")
def test_a_time_that_looks_plain_is_accepted_by_the_same_rule_as_any_other(
    moment: str, place: int, instead: str
) -> None:
    text = moment[:place] + instead + moment[place + 1 :]
    try:
        is_one = re.match(MOMENT, text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        is_one = False
    assert isinstance(read(as_bytes(event(time=text)), NOW), Read) is is_one
