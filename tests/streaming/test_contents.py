"""What a batch brings together is what its events add up to, however they are taken in or left out again."""

from __future__ import annotations

from datetime import datetime

from event_samples import as_bytes, event
from hypothesis import given
from hypothesis import strategies as st
from stream_database import NOW, batch_of

from echo_streaming.consumer.contents import Contents, Placed
from echo_streaming.events.reading import Read, read

EVENTS = st.lists(
    st.builds(
        lambda number, kind, thing, minute: event(
            kind,
            {"transaction": {"transaction_id": thing}, "experiment_exposure": {"user_id": thing}}.get(kind, {}),
            id=f"e{number}",
            time=f"2026-05-04T10:{minute:02}:00Z",
        ),
        st.integers(0, 12),
        st.sampled_from(["transaction", "experiment_exposure", "signup"]),
        st.sampled_from(["A", "B", "C"]),
        st.integers(0, 3),
    ),
    max_size=12,
)


def placed(events: list[dict[str, object]]) -> list[Placed]:
    found = [read(as_bytes(each), NOW) for each in events]
    return [(each, (0, number)) for number, each in enumerate(found) if isinstance(each, Read)]


@given(events=EVENTS, at=st.integers(0, 12))
def test_it_does_not_matter_in_how_many_parts_events_are_taken_in(events: list[dict[str, object]], at: int) -> None:
    whole, parts = Contents.of(placed(events)), Contents()
    parts.extend(placed(events)[:at])
    parts.extend(placed(events)[at:])
    assert parts == whole
    assert len(whole) == len({each["id"] for each in events})


@given(events=EVENTS, gone=st.sets(st.integers(0, 12)))
def test_without_some_events_the_rest_is_what_they_alone_add_up_to(
    events: list[dict[str, object]], gone: set[int]
) -> None:
    whole = Contents.of(placed(events))
    ids = {f"e{number}" for number in gone} & set(whole.events)
    left = whole.without(ids)
    assert left == Contents.of([each for event_id, each in whole.events.items() if event_id not in ids])
    assert len(left.moments()) == len(left.lines) == len(left)


def test_halves_of_a_batch_hold_what_the_batch_holds() -> None:
    batch = batch_of([event(id="a"), b"nonsense", event(id="b"), event(id="a"), event("signup", id="c")])
    first, second = batch.halves()
    assert [len(each.contents) for each in (batch, first, second)] == [3, 1, 3]
    assert [len(each.dead_letters()) for each in (batch, first, second)] == [1, 1, 0]
    assert batch.contents.moments() == [datetime.fromisoformat("2026-05-04T10:11:12.5Z")] * 3
