"""A run's summary and the platform's status as a person reads them."""

from __future__ import annotations

from typing import Any

from echo_assets.cli.tables import one_line, write_table
from echo_assets.forecast.summary import forecast_in_words
from echo_assets.summary import RunSummary
from echo_assets.training.summary import training_in_words

_SHOWN = 12


def print_summary(summary: RunSummary) -> None:
    """Files, metrics, checks, failures, and where to look next."""
    if summary.changed_nothing:
        print("Nothing is new, and everything is up to date: nothing was changed.\n")
    _print_files(summary)
    print_metrics(summary.metrics)
    _print_experiments(summary)
    _print_models(summary)
    _print_checks(summary)
    for step in summary.failed_steps:
        print(f"FAILED {step.step}: {_first_lines(step.message)}")
    result = "Good" if summary.is_good else "Not good"
    print(f"{result}. {summary.seconds:.1f} s. More: echoctl status, make ui")


def _print_files(summary: RunSummary) -> None:
    columns = ("source", "file", "status", "rows_in_file", "staged", "withheld", "quarantined", "duplicates")
    rows = [
        [file.as_json()[name] for name in columns] for file in summary.files if file.is_new or file.status == "refused"
    ]
    if rows:
        write_table(["source", "file", "status", "rows", "staged", "withheld", "quarantined", "duplicates"], rows)
    unchanged = sum(file.status == "unchanged" for file in summary.files)
    print(f"{unchanged} files are unchanged.\n" if unchanged else "")
    for file in summary.open_refusals:
        print(f"REFUSED {file.load.source}/{file.load.file}: {file.load.reason}\n")


def print_metrics(metrics: dict[str, Any]) -> None:
    """The headline metrics."""
    if not metrics:
        print("No metrics yet: put files into the landing folder.\n")
        return
    by_rate, by_volume = metrics["best_channel_by_rate"], metrics["best_channel_by_volume"]
    print(f"Total revenue        {_money(metrics['total_revenue'])}")
    print(f"Average order value  {_money(metrics['average_order_value'])}")
    print(f"Revenue growth       {_percent(metrics['revenue_growth'])}")
    print(f"Conversion rate      {_percent(metrics['conversion_rate'])}")
    if by_rate and by_volume:
        print(f"Best channel         {by_rate['channel']} by rate ({_percent(by_rate['rate'])}), ", end="")
        print(f"{by_volume['channel']} by volume ({by_volume['conversions']} conversions)")
    months = [
        f"{month['month']} {_money(month['revenue'])}{' (partial)' if month['is_partial'] else ''}"
        for month in metrics["revenue_by_month"][-_SHOWN:]
    ]
    print("By month             " + "\n                     ".join(months) + "\n")


def _print_experiments(summary: RunSummary) -> None:
    for each in summary.experiments[:_SHOWN]:
        by, variant = each["blocked_by"], each["variant"]
        decision = f"{each['decision']}({by})" if by else f"{each['decision']}{f' {variant}' if variant else ''}"
        reason = each["reasons"][0] if each["reasons"] else ""
        print(one_line(f"Experiment {each['experiment']} as of {each['as_of']}: {decision}  {reason}").rstrip())
    hidden = len(summary.experiments) - _SHOWN
    if summary.experiments:
        print(f"  and {hidden} more: echoctl experiment list\n" if hidden > 0 else "")


def _print_models(summary: RunSummary) -> None:
    """The churn model and the forecast, a line each; nothing before there is anything to tell of them."""
    churn, forecast = summary.models.get("churn"), summary.models.get("revenue_forecast")
    if churn:
        print(one_line(f"Churn model          {training_in_words(churn)}"))
    if forecast:
        print(one_line(f"Revenue forecast     {forecast_in_words(forecast)}"))
    if churn or forecast:
        print()


def _print_checks(summary: RunSummary) -> None:
    counts = summary.verdicts.as_json()
    print("Checks: {passed} green, {warned} warnings, {failed} red ({blocking_failed} blocking)".format(**counts))
    for verdict in summary.verdicts.failures[:_SHOWN]:
        print(f"  {verdict.severity:<5}  {verdict.asset}: {verdict.check}  {verdict.message}")
    hidden = len(summary.verdicts.failures) - _SHOWN
    print(f"  and {hidden} more: echoctl status\n" if hidden > 0 else "")


def _money(value: float | None) -> str:
    return "n/a" if value is None else f"{value:,.2f}"


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2%}"


def _first_lines(message: str) -> str:
    return "\n  ".join(message.splitlines()[:_SHOWN])
