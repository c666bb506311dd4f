"""The data directory: created whole or not at all, configured, and refused if another major version wrote it.

Starting a server on it is ``postmaster``'s business, the roles and databases inside are ``provision``'s.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from echo_assets.server.account import Account
from echo_assets.server.binaries import Binaries
from echo_assets.server.errors import ServerError

SUPERUSER = "postgres"
HOST = "127.0.0.1"
ACCESS = f"# Written by echoctl up: passwords only, from this machine only.\nhost all all {HOST}/32 scram-sha-256\n"

# fsync and synchronous_commit keep their defaults: what was committed survives a power cut. Iterations make a password
# that people think up slower to guess, and every connection slower; ours are 144 random bits, which nobody guesses.
CONFIGURATION = """# Written by echoctl up at every start: put settings of your own at the end of postgresql.conf.
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 100
password_encryption = 'scram-sha-256'
scram_iterations = 1
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = 'terse'
log_min_error_statement = 'panic'
shared_buffers = '256MB'
work_mem = '16MB'
maintenance_work_mem = '128MB'
random_page_cost = 1.1
wal_level = minimal
max_wal_senders = 0
max_wal_size = '2GB'
checkpoint_timeout = '15min'
log_checkpoints = off
jit = off
client_connection_check_interval = '10s'
"""


def check_version(data: Path, binaries: Binaries) -> None:
    """Refuse a cluster that the installed programs cannot open, before they touch it."""
    found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if found == binaries.major:
        return
    raise ServerError(
        f"The database in {data} was made by PostgreSQL {found}, but PostgreSQL {binaries.major} is installed "
        f"({binaries.version}). To keep the data: start it with PostgreSQL {found}, save it with pg_dumpall, "
        f"move {data} away, run `echoctl up` and load the dump. To begin with an empty database: move {data} away."
    )


def create_cluster(data: Path, binaries: Binaries, account: Account, password: str) -> None:
    """Make the cluster under a passing name and rename it: a killed initdb leaves nothing that looks usable."""
    if account.name == str(account.uid):
        raise ServerError(
            f"PostgreSQL creates no database for user {account.uid}, who has no entry in /etc/passwd. "
            "Add one, run as another user, or set ECHO_DATABASE_URL to a server of your own."
        )
    for left in data.parent.glob("data.new-*"):
        shutil.rmtree(left, ignore_errors=True)  # an initdb whose parent was killed may still write there
    work = Path(tempfile.mkdtemp(prefix="data.new-", dir=data.parent))
    account.give(work)
    secret = work / "password"
    account.write(secret, password)
    made = account.run(
        [
            *(binaries.program("initdb"), "-D", work / "data", "-U", SUPERUSER, f"--pwfile={secret}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ]
    )
    if made.returncode != 0:
        raise ServerError(f"The database could not be created in {data.parent}: {made.stderr.strip()}")
    account.write(work / "data" / "pg_hba.conf", ACCESS)
    account.write(work / "data" / "postgresql.conf", "\ninclude_if_exists = 'echo.conf'\n", ">>")
    (work / "data").rename(data)
    shutil.rmtree(work)


def reset_superuser(data: Path, binaries: Binaries, account: Account, password: str) -> None:
    """Give the superuser of a stopped cluster a new password; the way back when the password file is lost."""
    (data / "postmaster.pid").unlink(missing_ok=True)
    command: list[str | Path] = [binaries.program("postgres"), "--single", "-D", data, "postgres"]
    done = account.run(command, text=f"alter role {SUPERUSER} password '{password}'\n")
    if done.returncode != 0:
        raise ServerError(f"The password of the database in {data} could not be set again: {done.stderr.strip()}")


def configure(data: Path, port: int, account: Account) -> None:
    """Write the settings that the server reads when it starts."""
    account.write(data / "echo.conf", CONFIGURATION.format(host=HOST, port=port))
