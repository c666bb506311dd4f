"""The errors that are a user's to mend: their message names the offender and the fix, so no traceback is shown."""

from __future__ import annotations


def user_mistakes() -> tuple[type[BaseException], ...]:
    """The exception types of all packages that carry such a message."""
    import psycopg

    from echo_assets.backfill import BackfillError
    from echo_assets.cli.experiment import ExperimentError
    from echo_assets.dbt.command import DbtError
    from echo_assets.dbt.project import DbtProjectError
    from echo_assets.dbt.steps import StepsError
    from echo_assets.lineage.errors import LineageError
    from echo_assets.planner.ledger import LedgerError
    from echo_assets.planner.targets import TargetsError
    from echo_assets.refresh import StuckError
    from echo_assets.replay import ReplayError
    from echo_assets.run_processes import RunProcessError
    from echo_assets.server import ServerError
    from echo_assets.settings import SettingsError
    from echo_ml.serving.server import NotSafe
    from echo_quality.contract import ContractError
    from echo_quality.discover.errors import DiscoverError
    from echo_quality.drift.incidents import IncidentError
    from echo_quality.erasure.erase import ErasureError
    from echo_quality.extracts.errors import ExtractError
    from echo_quality.loading.refusal import RefusedFile
    from echo_quality.migrate import MigrationRefused
    from echo_quality.quarantine.entries import QuarantineError
    from echo_quality.suites.declarations import SuiteError
    from echo_quality.synthetic import GeneratorError
    from echo_streaming.brokers.cluster import BrokerError

    return (
        SettingsError, ServerError, ContractError, DiscoverError, ExtractError, RefusedFile, IncidentError,
        MigrationRefused, GeneratorError, DbtProjectError, StepsError, LedgerError, LineageError, TargetsError,
        BackfillError, StuckError, RunProcessError, ExperimentError, BrokerError,
        NotSafe, ReplayError, ErasureError, QuarantineError, DbtError, SuiteError, psycopg.OperationalError, OSError,
    )  # fmt: skip
