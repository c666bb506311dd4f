"""`echoctl`: the command line. It reads the settings, calls the packages, and turns a user's mistake into one message.

Each command lives in the module of its topic; nothing here computes.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import logging
import os
import sys

FAILED, MISTAKE, INTERRUPTED = 1, 2, 130
"""Exit codes: something is red or failed; the command could not be carried out as it was given; Ctrl-C."""

GARBAGE = (50_000, 20, 100)
"""When Python looks for garbage. A run holds the dbt project and the asset graph, hundreds of thousands of objects that
live on; at Python's own (700, 10, 10) looking through them again and again is a sixth of a run's time."""


def command() -> None:
    """Run `echoctl` as a process, which ends at once: to take apart what a long run has loaded takes Python seconds."""
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    atexit._run_exitfuncs()
    with contextlib.suppress(BrokenPipeError):  # whoever read has gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Run `echoctl`; what a user can mend is printed as one message, without a traceback."""
    from echo_assets.cli.app import app
    from echo_assets.cli.mistakes import user_mistakes

    gc.set_threshold(*GARBAGE)
    # What the driver logs when a connection is given up is no news to a person, who is told what it means.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:  # Typer has turned Ctrl-C into this
            print("Interrupted; what was published stays, what was not is as before.", file=sys.stderr)
        raise
    except user_mistakes() as mistake:
        print(f"echoctl: {mistake}", file=sys.stderr)
        sys.exit(MISTAKE)
