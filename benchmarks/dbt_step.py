"""A dbt step of six small models with their tests: in this process, against dagster-dbt's own subprocess, interleaved.

python benchmarks/dbt_step.py [--rounds 4]

The first step in the process is left out: it imports dbt and reads the project once for all later ones. A third column
shows the platform's own subprocess path (ECHO_DBT_SUBPROCESS=1), which spares the parsing that dagster-dbt's repeats.
"""

import argparse
import os
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets
from measuring import bench_place

from echo_assets.dbt.project import load_project
from echo_assets.dbt_models import dbt_models

MODELS = ("dim_customer", "dim_product", "dim_channel", "dim_date", "stg_customers", "stg_products")


def their_step() -> dg.AssetsDefinition:
    """The same models as dagster-dbt runs them."""
    project = load_project()
    folder = project.dbt_project.project_dir
    executable = str(Path(sys.executable).with_name("dbt"))
    dbt = DbtCliResource(project_dir=project.dbt_project, profiles_dir=str(folder), dbt_executable=executable)

    @dbt_assets(
        manifest=project.manifest,
        project=project.dbt_project,
        dagster_dbt_translator=project.translator,
        select=" ".join(MODELS),
        name="their_step",
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from dbt.cli(["build"], context=context).stream()

    return step


def seconds(definitions: dg.Definitions, keys: Collection[dg.AssetKey] = (), day: str | None = None) -> float:
    """One run of the six models, or of others."""
    job = definitions.resolve_implicit_global_asset_job_def()
    keys = keys or [key for key in job.asset_layer.selected_asset_keys if key.path[-1] in MODELS]
    tags = {"dagster/partition": day} if day else {}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    start = time.perf_counter()
    job.execute_in_process(asset_selection=list(keys), run_config=quiet, tags=tags)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    rounds = parser.parse_args().rounds
    with bench_place() as place:
        os.environ.update(place.databases.environment())  # dagster-dbt's subprocess reads it from there
        apart = replace(place.settings, dbt_subprocess=True)
        ways = {
            "in process": dg.Definitions(assets=dbt_models(place.settings)),
            "dagster-dbt's subprocess": dg.Definitions(assets=[their_step()]),
            "our subprocess": dg.Definitions(assets=dbt_models(apart)),
        }
        for step in dbt_models(place.settings):  # tests of the six look at what is built on them
            day = place.settings.start_date.isoformat() if step.partitions_def else None
            seconds(ways["in process"], step.keys, day)
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, definitions in ways.items():
                found[name].append(seconds(definitions))
        base = median(found["in process"])
        for name, times in found.items():
            print(f"{name:<26} {median(times):6.2f} s   in process / this: {base / median(times):.2f}")


if __name__ == "__main__":
    main()
