"""Dagster's storage, pooled against stock, in one run, interleaved: a run of one trivial asset, and 300 check results.

python benchmarks/storage.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import dagster as dg
from measuring import bench_place

CHECKS = 300
STORAGES = {
    "pooled": "{{custom: {{module: echo_assets.instance, class: PooledPostgresStorage, config: {{postgres_url: '{url}'}}}}}}",  # noqa: E501
    "stock": "{{postgres: {{postgres_url: '{url}'}}}}",
}


@dg.asset
def trivial() -> None:
    """One asset that does nothing."""


@dg.asset(check_specs=[dg.AssetCheckSpec(f"check_{number}", asset="checked") for number in range(CHECKS)])
def checked() -> dg.MaterializeResult:
    """One asset with many checks."""
    return dg.MaterializeResult(
        check_results=[dg.AssetCheckResult(passed=True, check_name=f"check_{number}") for number in range(CHECKS)]
    )


def seconds(instance: dg.DagsterInstance, asset: dg.AssetsDefinition) -> float:
    """One in-process run of the asset on the instance."""
    job = dg.Definitions(assets=[asset]).resolve_implicit_global_asset_job_def()
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    start = time.perf_counter()
    job.execute_in_process(instance=instance, run_config=quiet)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with bench_place() as place, tempfile.TemporaryDirectory() as folder:
        instances = {}
        for name, storage in STORAGES.items():
            home = Path(folder) / name
            home.mkdir()
            text = "storage: " + storage.format(url=place.databases.url("dagster")) + "\ntelemetry: {enabled: false}\n"
            (home / "dagster.yaml").write_text(text)
            instances[name] = dg.DagsterInstance.from_config(str(home))
            seconds(instances[name], trivial)
        found: dict[tuple[str, str], list[float]] = {}
        for _ in range(rounds):
            for name, instance in instances.items():
                for asset in (trivial, checked):
                    found.setdefault((name, asset.key.to_user_string()), []).append(seconds(instance, asset))
        for what in ("trivial", "checked"):
            pooled, stock = median(found["pooled", what]), median(found["stock", what])
            label = "one trivial asset" if what == "trivial" else f"{CHECKS} check results"
            print(f"{label:<20} pooled {pooled:.2f} s   stock {stock:.2f} s   ratio {pooled / stock:.2f}")


if __name__ == "__main__":
    main()
