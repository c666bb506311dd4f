"""Whom a synthetic stream is about: the customers, products and experiments of the warehouse, where it has any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from echo_assets.sources import Sources

if TYPE_CHECKING:
    from echo_streaming.producer.synthetic import Population

_MOST = 5000


def population_of(sources: Sources) -> Population:
    """The newest customers, the products, the experiments and who is in them; what is missing is invented."""
    from echo_streaming.events.types import ExposureData
    from echo_streaming.producer.synthetic import Population

    usual = Population()
    with sources.connection(read_only=True) as connection:
        users = connection.execute(
            "select customer_id from staging.customers group by 1 order by min(created_at) desc, 1 limit %s", [_MOST]
        ).fetchall()
        products = connection.execute(
            "select distinct product_id from staging.products order by 1 limit 500"
        ).fetchall()
        experiments = connection.execute(
            """select experiment_id, array(select jsonb_object_keys(arms::jsonb) order by 1)
               from staging.experiments order by experiment_id"""
        ).fetchall()
        assigned = connection.execute(
            """select experiment_id, user_id, variant from staging.experiment_assignments
               order by assigned_at desc, 1, 2, 3 limit %s""",
            [_MOST],
        ).fetchall()
    return Population(
        [str(user) for (user,) in users] or usual.users,
        [str(product) for (product,) in products],
        {str(name): arms for name, arms in experiments if arms} or usual.experiments,
        [ExposureData(*each) for each in assigned],
    )
