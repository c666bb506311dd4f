"""`echoctl`: the command line. It reads the settings, calls the packages, and turns a user's mistake into one message.

Each command lives in the module of its topic; nothing here computes.
"""

from __future__ import annotations

import sys

FAILED, MISTAKE = 1, 2
"""Exit codes: something is red or failed; the command could not be carried out as it was given."""


def main() -> None:
    """Run `echoctl`; what a user can mend is printed as one message, without a traceback."""
    from echo_assets.cli.app import app
    from echo_assets.cli.mistakes import user_mistakes

    try:
        app()
    except KeyboardInterrupt:
        print("\nInterrupted; what was published stays, what was not is as before.", file=sys.stderr)
        sys.exit(130)
    except user_mistakes() as mistake:
        print(f"echoctl: {mistake}", file=sys.stderr)
        sys.exit(MISTAKE)
