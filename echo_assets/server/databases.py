"""How to connect: the value that everything else is given instead of a connection string.

Nothing here connects, starts or writes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from echo_assets.server.passwords import read_passfile

OWNER = "echo"
READER = "echo_reader"
WAREHOUSE = "echo"
BESIDE = ("dagster", "mlflow")
"""The databases that Dagster and MLflow keep their own state in."""

READ_ONLY = "-c default_transaction_read_only=on"
FOR_LIBPQ = {name: f"PG{name.upper()}" for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")}


@dataclass(frozen=True)
class ServerStatus:
    """What is known of the server at one moment; ``pid`` and ``data_dir`` only of an embedded one."""

    running: bool
    host: str
    port: int | None
    pid: int | None = None
    version: str | None = None
    data_dir: Path | None = None
    external: bool = False


@dataclass(frozen=True)
class Databases:
    """One server, its roles and its databases; ``reader`` is None where no read-only role could be made."""

    host: str
    port: int
    passfile: Path
    owner: str = OWNER
    reader: str | None = READER
    warehouse: str = WAREHOUSE
    parameters: Mapping[str, str] = field(default_factory=dict)

    def url(self, name: str = WAREHOUSE, *, read_only: bool = False) -> str:
        """A libpq URL without a password, as psycopg, psycopg2 and SQLAlchemy take it.

        ``echo`` means the warehouse, whatever a server of your own calls it; any other name is taken as it is.
        """
        parameters = {**self.parameters, "passfile": str(self.passfile)}
        if read_only and self.reader is None:
            parameters["options"] = f"{parameters.get('options', '')} {READ_ONLY}".strip()
        user = self.reader if read_only and self.reader else self.owner
        place = f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
        if self.host.startswith("/"):  # a folder of unix sockets cannot stand before the path of a URL
            parameters = {"host": self.host, "port": str(self.port), **parameters}
            place = ""
        query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in parameters.items())
        return f"postgresql://{quote(user, safe='')}@{place}/{quote(self.database(name), safe='')}?{query}"

    def database(self, name: str = WAREHOUSE) -> str:
        """The name that the server knows a database by."""
        return self.warehouse if name == WAREHOUSE else name

    def environment(self) -> dict[str, str]:
        """What dbt and MLflow need in their environment; it holds the password, so never print or log it."""
        extra = {FOR_LIBPQ[key]: value for key, value in self.parameters.items() if key in FOR_LIBPQ}
        return {
            **extra,
            "ECHO_DBT_HOST": self.host,
            "ECHO_DBT_PORT": str(self.port),
            "ECHO_DBT_USER": self.owner,
            "ECHO_DBT_DBNAME": self.warehouse,
            "DBT_ENV_SECRET_ECHO_PASSWORD": read_passfile(self.passfile).get(self.owner, ""),
            "MLFLOW_TRACKING_URI": self.url("mlflow"),
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
