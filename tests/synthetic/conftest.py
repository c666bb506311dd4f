"""Reading generated files back without the generator's own code: plain rules, row by row, in load order."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from echo_quality.synthetic import generate

Row = dict[str, str]
Staged = tuple[pd.DataFrame, dict[str, dict[str, Any]]]
Stage = Callable[[Path, str], Staged]
Data = tuple[Path, dict[str, Any]]

KEYS = {
    "revenue": ("transaction_id",),
    "marketing": ("event_id",),
    "customers": ("customer_id", "updated_at"),
    "products": ("product_id", "updated_at"),
    "subscriptions": ("subscription_id", "effective_at"),
    "experiments": ("experiment_id",),
    "experiment_assignments": ("experiment_id", "user_id", "variant"),
    "funnel_events": ("event_id",),
}
REQUIRED = {
    "revenue": ("transaction_date", "amount", "customer_id", "status"),
    "marketing": ("event_date", "channel", "leads", "conversions", "spend"),
    "customers": ("customer_id", "updated_at", "created_at"),
    "products": ("product_id", "updated_at", "name"),
    "subscriptions": ("subscription_id", "effective_at", "customer_id", "plan", "amount", "started_at"),
    "experiments": ("experiment_id", "arms", "control"),
    "experiment_assignments": ("experiment_id", "user_id", "variant", "assigned_at"),
    "funnel_events": ("event_id", "lead_id", "channel", "event_at"),
}
ACCEPTED = {
    ("revenue", "status"): {"paid", "completed", "refunded", "failed", "pending", "cancelled"},
    ("products", "is_active"): {"true", "false", ""},
    ("subscriptions", "billing_period"): {"weekly", "monthly", "quarterly", "annual"},
    ("subscriptions", "status"): {"trial", "active", "paused", "cancelled"},
    ("experiment_assignments", "converted"): {"true", "false", ""},
    ("funnel_events", "stage"): {"lead", "qualified", "opportunity", "customer"},
}
NUMBERS = ("amount", "discount", "quantity", "leads", "conversions", "spend", "price", "revenue")


def read_rows(path: Path) -> Iterator[Row]:
    """Every row of a file as text, an empty cell being an empty string."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = text.decode("utf-8").splitlines()
    if path.suffix == ".jsonl":
        for line in lines:
            row = json.loads(line, parse_float=str, parse_int=str)
            yield {name: {None: "", True: "true", False: "false"}.get(cell, cell) for name, cell in row.items()}
    else:
        yield from csv.DictReader(lines)


def number(cell: str) -> Decimal | None:
    """A finite decimal number, or None."""
    try:
        value = Decimal(cell)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def is_time(name: str, cell: str) -> bool:
    """Whether a date or an instant exists in the calendar; true of a cell of any other column."""
    try:
        if name.endswith("_date"):
            date.fromisoformat(cell)
        elif name.endswith("_at"):
            datetime.fromisoformat(cell)
    except ValueError:
        return False
    return True


def column_at_fault(source: str, row: Row) -> str | None:
    """The first column that makes a row bad, or None for a good row."""
    for name, cell in row.items():
        if not cell:
            if name in REQUIRED[source]:
                return name
        elif (name in NUMBERS and number(cell) is None) or not is_time(name, cell):
            return name
        if cell not in ACCEPTED.get((source, name), {cell}):
            return name
    return column_out_of_range(source, {name: number(cell) or Decimal(0) for name, cell in row.items()})


def column_out_of_range(source: str, value: dict[str, Decimal]) -> str | None:
    """The column whose number breaks a rule, or None."""
    if source == "revenue":
        amount, sign = value["amount"], value["quantity"].copy_sign(1) == value["quantity"]
        return None if 0 < (amount if sign else -amount) <= 1_000_000 else "amount"
    if source == "marketing":
        if value["leads"] < 0 or value["spend"] < 0:
            return "leads" if value["leads"] < 0 else "spend"
        return "conversions" if value["conversions"] > value["leads"] else None
    name = {"products": "price", "subscriptions": "amount"}.get(source)
    return name if name and value[name] < 0 else None


def stage_source(folder: Path, source: str) -> Staged:
    """The current rows of a source after its files were loaded in name order, and what became of each file's rows."""
    current: dict[tuple[str, ...], Row] = {}
    files: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / source).iterdir()):
        rows = list(read_rows(path))
        faults = [column_at_fault(source, row) for row in rows]
        good = [row for row, fault in zip(rows, faults, strict=True) if fault is None]
        last = {tuple(row[name] for name in KEYS[source]): row for row in good}
        staged = {key: row for key, row in last.items() if current.get(key) != row}
        files[path.name] = {
            "rows_in_file": len(rows),
            "staged": len(staged),
            "quarantined": len(rows) - len(good),
            "duplicates": len(good) - len(staged),
            "faults": Counter(fault for fault in faults if fault),
            "superseded": len(staged.keys() & current.keys()),
        }
        current |= staged
    return pd.DataFrame(list(current.values())), files


@pytest.fixture(scope="session")
def stage() -> Stage:
    """The independent reader."""
    return stage_source


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """A small data set and the content of its truth.json."""
    folder = tmp_path_factory.mktemp("synthetic") / "landing"
    generate(3000, folder)
    return folder, json.loads((folder / "truth.json").read_text(encoding="utf-8"))
