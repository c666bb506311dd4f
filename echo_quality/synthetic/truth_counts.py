"""The records of `truth.json` that count users, leads, versions and rows; `truth.py` defines what each figure means."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    """One arm: what was planted and what was realised."""

    arm: str
    designed_share: str
    true_rate: str
    users: int
    conversions: int
    conversion_rate: str | None
    revenue: str


@dataclass(frozen=True)
class Lift:
    """One arm against control."""

    arm: str
    true_absolute: str
    true_relative: str
    realised_absolute: str | None
    realised_relative: str | None


@dataclass(frozen=True)
class Experiment:
    """One experiment."""

    experiment_id: str
    control: str
    has_effect: bool
    arms: list[Arm]
    lifts: list[Lift]


@dataclass(frozen=True)
class FunnelMonth:
    """Distinct leads by stage, by month of the event or of the lead."""

    month: str
    lead: int
    qualified: int
    opportunity: int
    customer: int


@dataclass(frozen=True)
class Funnel:
    """The funnel by month of the event, and by month in which the lead came in."""

    by_event_month: list[FunnelMonth]
    by_lead_month: list[FunnelMonth]


@dataclass(frozen=True)
class Dimension:
    """Members and versions of a slowly changing dimension."""

    members: int
    versions: int


@dataclass(frozen=True)
class FileTruth:
    """What must become of the rows of one file."""

    rows_in_file: int
    staged: int
    quarantined: int
    duplicates: int
    bad_rows: dict[str, int]
    planted: dict[str, int]


@dataclass(frozen=True)
class SourceTruth:
    """What must become of the rows of one source."""

    rows_in_file: int
    staged: int
    quarantined: int
    duplicates: int
    superseded: int
    current_rows: int
    bad_rows: dict[str, int]
    bad_kinds: dict[str, str]
    files: dict[str, FileTruth]
