"""`echoctl alert`: whether alerts would arrive."""

from __future__ import annotations

import typer

from echo_assets.cli import FAILED
from echo_assets.settings import Settings


def register(app: typer.Typer) -> None:
    """Add this topic's command."""
    app.command()(alert)


def alert() -> None:
    """Send a test message to every service of ECHO_ALERT_URL, and say which took it; none is shown in full."""
    from echo_assets.alerts.delivery import try_out

    settings = Settings.from_environment()
    answers = try_out(settings)
    if not answers:
        print("ECHO_ALERT_URL is not set: alerts stay in ops.alerts and in the log.")
        return
    for service, reason in answers.items():
        print(f"{service}: {'sent' if reason is None else reason}")
    if any(answers.values()):
        raise typer.Exit(FAILED)
