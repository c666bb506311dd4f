"""The commands of `echoctl` by topic, in the order of the help text."""

from __future__ import annotations

import typer

from echo_assets.cli import (
    alert,
    contract,
    data,
    demo,
    discover,
    erase,
    experiment,
    extract,
    history,
    impact,
    incident,
    quality,
    quarantine,
    replay,
    run,
    serve,
    server_commands,
    status,
    stream,
    trace,
    ui,
)  # fmt: skip

app = typer.Typer(
    name="echoctl",
    help="One number per metric, traceable to the raw rows, refused when its checks fail.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_TOPICS = (
    server_commands, run, status, history, replay, erase, ui, serve, trace, impact, demo, data, discover, extract,
    alert,
)  # fmt: skip
for module in _TOPICS:
    module.register(app)
app.add_typer(contract.app, name="contract")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(incident.app, name="incident")
app.add_typer(quality.app, name="quality")
app.add_typer(experiment.app, name="experiment")
app.add_typer(stream.app, name="stream")
