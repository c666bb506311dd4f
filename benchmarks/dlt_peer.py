"""The peer: load the first fifth of a revenue file with dlt and print the seconds, scaled to the whole: URL FILE MODE.

MODE `defaults` is dlt's own CSV reader over its filesystem source, `arrow` hands it one Arrow table.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SHARE = 5


def main(url: str, path: Path, mode: str) -> None:
    """Run one pipeline in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        part = _first_part(path, Path(folder))
        import dlt

        pipeline = dlt.pipeline(
            f"peer_{mode}", destination=dlt.destinations.postgres(url), dataset_name=f"dlt_{mode}", pipelines_dir=folder
        )
        start = time.perf_counter()
        pipeline.run(_data(part, mode), table_name="revenue", write_disposition="replace")
        print((time.perf_counter() - start) * SHARE)


def _first_part(path: Path, folder: Path) -> Path:
    with path.open() as file:
        rows = sum(1 for _ in file)
        file.seek(0)
        part = folder / "part.csv"
        part.write_text("".join(itertools.islice(file, rows // SHARE)))
    return part


def _data(part: Path, mode: str) -> Any:
    if mode == "arrow":
        import pyarrow.csv

        return pyarrow.csv.read_csv(part)
    from dlt.sources.filesystem import filesystem, read_csv

    return filesystem(bucket_url=str(part.parent), file_glob=part.name) | read_csv()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
