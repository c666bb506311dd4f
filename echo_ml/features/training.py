"""Training sets: what was known of each entity at each moment, through Feast's point-in-time join.

Feast joins without asking whether that makes sense, so it is asked here: each entity and moment once, no row lost or
doubled, and nothing that became known only later.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from psycopg import connect, sql

from echo_ml.features.declared import FeatureError
from echo_ml.features.offline_sql import EVENT

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore

_NUMBERS = {"Int64", "Int32", "Float64", "Float32", "Bool"}
_COUNTS = "select count(*), count(distinct ({keys})) from ({asked}) as asked"


class TrainingSetError(ValueError):
    """Entities that cannot be asked for, or an answer that does not fit them; the message says what is wrong."""


def historical_features(store: FeatureStore, service: str, entity_sql: str) -> pd.DataFrame:
    """The features of a service as they were known at each moment that is asked for.

    `entity_sql` selects the service's entity keys (`customer_id`), `event_timestamp` (timestamptz) and whatever else
    shall stay beside the features, a label say; each key and moment once. Returns its rows with the features behind
    them, in the order of keys and moments: numbers and truth values as float64 (NaN where there is none), text as
    objects, moments in UTC. Raises TrainingSetError where keys repeat, are missing, or rows were lost or doubled;
    FeatureError where Feast's registry does not know the service.
    """
    import pandas as pd

    keys, numbers = _declared(store, service)
    columns = [*keys, EVENT]
    expected = _counted(store, entity_sql, columns)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy")  # how Feast asks for the columns
        frame = store.get_historical_features(
            features=store.get_feature_service(service), entity_df=entity_sql, filter_by_created_timestamp=True
        ).to_df()
    if len(frame) != expected or frame.duplicated(columns).any():
        raise TrainingSetError(
            f"{service}: {expected} rows were asked for and {len(frame)} came back; "
            "a key or moment repeats in the history of a view (see the check history_is_unique)"
        )
    frame[EVENT] = pd.to_datetime(frame[EVENT], utc=True)
    frame = frame.astype(dict.fromkeys(numbers, "float64")).sort_values(columns, kind="stable", ignore_index=True)
    return pd.DataFrame(frame)


def _declared(store: FeatureStore, service: str) -> tuple[list[str], list[str]]:
    """The entity keys of a service, and those of its features that are numbers."""
    from feast.errors import FeatureServiceNotFoundException

    try:
        found = store.get_feature_service(service)
    except FeatureServiceNotFoundException as error:
        known = ", ".join(sorted(each.name for each in store.list_feature_services())) or "none"
        raise FeatureError(
            f"Feast's registry knows no feature service {service!r} (known: {known}); "
            "materialise the asset feature_views/registry"
        ) from error
    views = [store.get_feature_view(each.name) for each in found.feature_view_projections]
    keys = {column.name for view in views for column in view.entity_columns}
    chosen = [field for each in found.feature_view_projections for field in each.features]
    return sorted(keys), [field.name for field in chosen if str(field.dtype) in _NUMBERS]


def _counted(store: FeatureStore, entity_sql: str, columns: list[str]) -> int:
    """How many rows are asked for; TrainingSetError if one of them is asked for twice, or none is."""
    from psycopg import errors

    statement = sql.SQL(_COUNTS).format(
        keys=sql.SQL(", ").join(map(sql.Identifier, columns)),
        asked=sql.SQL(entity_sql),
    )
    with connect(_conninfo(store)) as connection:
        try:
            rows, distinct = connection.execute(statement).fetchone() or (0, 0)
        except errors.UndefinedColumn as error:
            raise TrainingSetError(
                f"the entities need the columns {', '.join(columns)}: {error.diag.message_primary}"
            ) from error
    if not rows:
        raise TrainingSetError("no entities are asked for: the query has no rows")
    if rows != distinct:
        raise TrainingSetError(
            f"{rows - distinct} of {rows} entities are asked for twice at the same moment; select each "
            f"({', '.join(columns)}) once"
        )
    return int(rows)


def _conninfo(store: FeatureStore) -> str:
    from psycopg.conninfo import make_conninfo

    kept = store.config.offline_store
    return make_conninfo(
        host=kept.host, port=kept.port, dbname=kept.database, user=kept.user, password=kept.password,
        sslmode=kept.sslmode, sslkey=kept.sslkey_path, sslcert=kept.sslcert_path, sslrootcert=kept.sslrootcert_path,
    )  # fmt: skip
