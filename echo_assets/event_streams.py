"""The layer `streaming`: tables that a consumer process keeps, and what the graph says of them.

The consumer itself is in `echo_streaming`; nothing here runs it.
"""

import dagster as dg


def event_streams() -> list[dg.AssetSpec]:
    """The tables as assets that others build on; Dagster does not make them."""
    return [
        dg.AssetSpec(
            key=["streaming", "user_events"],
            group_name="streaming",
            owners=["team:analytics_team"],
            kinds={"kafka", "postgres"},
            metadata={"dagster/table_name": "streaming.user_events"},
            description=(
                "One row is one event of the stream: a transaction, a signup or an experiment exposure.\n\n"
                "Written by the consumer. Until one has run it is empty, and so is `stg/stg_stream_events`."
            ),
        )
    ]
