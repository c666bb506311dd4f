"""Jobs and the daily schedule. What each asset does is said where the asset is made."""

from __future__ import annotations

import dagster as dg

FILES = dg.AssetSelection.groups("raw", "staging", "quarantine")


def jobs(built: dg.AssetSelection) -> list[dg.UnresolvedAssetJobDefinition]:
    """The three jobs; `built` is everything that is built from staging tables."""
    return [
        dg.define_asset_job(
            "data_ingestion_job",
            selection=FILES,
            description="From files to checked staging tables. Choose one source and its file partitions.",
        ),
        dg.define_asset_job(
            "daily_data_job",
            selection=built,
            description="Dimensions, the chosen days of the facts, and the marts, with their checks.",
        ),
        dg.define_asset_job(
            "data_quality_job",
            selection=dg.AssetSelection.all_asset_checks() - dg.AssetSelection.checks_for_assets(),
            description="Every check that can be asked without building anything.",
        ),
    ]
