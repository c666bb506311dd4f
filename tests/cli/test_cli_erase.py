"""A person's data leaves Echo only where it is asked for; and `echoctl erase` takes the person out of all of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import nullcontext

import psycopg
import pytest
from echoctl import Echoctl, Outcome, emptied
from small_graph import AND_PAGES, small_graph

from echo_assets import server
from echo_assets.settings import Settings

pytestmark = pytest.mark.slow

ABOUT_PEOPLE = ("core/fact_transactions", "customers/customer_360")
PERSON, MAIL, NAME = "cust-7731", "zelda.unique@secret.example", "Zelda Unique"
PERSONAL = (MAIL, NAME)
CUSTOMERS = "customer_id,updated_at,created_at,email,name,segment\n"
PEOPLE = (
    CUSTOMERS
    + f"{PERSON},2024-01-01,2024-01-01,{MAIL},{NAME},smb\n"
    + "cust-1,2024-01-02,2024-01-01,other@example.org,Otto,smb\n"
)
BAD_PEOPLE = (
    CUSTOMERS
    + f"{PERSON},never,2024-01-01,{MAIL},{NAME},smb\n"
    + f"{PERSON},2024-01-03,2024-01-01,{MAIL} broken,{NAME},smb\n"
    + f"{PERSON},2024-01-03;{MAIL};{NAME}\n"
    + f",2024-01-04,{MAIL},{MAIL},{NAME},smb\n"
)
HEADERLESS = f"{PERSON},2024-01-01,2024-01-01,{MAIL},{NAME},{NAME}\n"
SALES = (
    "date,amount,customer_id,status\n"
    + f"2024-03-01,10.00,{PERSON},paid\n2024-03-01,10.00,{PERSON},paid\n2024-05-02,5.00,cust-1,paid\n"
)


@pytest.fixture(scope="module", params=["small", pytest.param("whole", marks=pytest.mark.slow)])
def fresh(home: Echoctl, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Echoctl]:
    """New empty databases, and of the graph all of it, or what is made of sales and of who made them."""
    with small_graph(ABOUT_PEOPLE, AND_PAGES) if request.param == "small" else nullcontext():
        yield emptied(home, tmp_path_factory.mktemp("landing"))


@pytest.fixture(scope="module")
def ran(fresh: Echoctl) -> Outcome:
    """A run over good, bad, broken and unreadable files that hold the person."""
    fresh.drop("customers/people.csv", PEOPLE)
    fresh.drop("customers/bad.csv", BAD_PEOPLE)
    fresh.drop("customers/headerless.csv", HEADERLESS)
    fresh.drop("revenue/sales.csv", SALES)
    return fresh("run", "--max-rejected-share", "1")


def places_with(home: Echoctl, database: str, condition: str, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    """Every table of a database in which one of the texts stands."""
    databases = server.databases(Settings.from_environment({"ECHO_HOME": str(home.home)}))
    with psycopg.connect(databases.url(database), autocommit=True) as connection:
        tables = connection.execute(
            f"select format('%I.%I', schemaname, tablename) from pg_tables where {condition}".encode()
        ).fetchall()
        found = []
        for (table,) in tables:
            for text in texts:
                query = f"select count(*) from {table} as line where strpos(line::text, '{text}') > 0"
                if connection.execute(query.encode()).fetchone() != (0,):
                    found.append((table, text))
    return found


def files_with(home: Echoctl, folders: tuple[str, ...], texts: tuple[str, ...]) -> list[tuple[str, str]]:
    paths = [path for folder in folders for path in (home.home / folder).rglob("*") if path.is_file()]
    return [(str(path), text) for path in paths for text in texts if text.encode() in path.read_bytes()]


def total(home: Echoctl) -> str:
    return home("psql", "--csv", "-c", "select sum(amount), count(*) from core.fact_transactions").out.splitlines()[1]


def test_personal_data_is_in_no_report_log_or_check(fresh: Echoctl, ran: Outcome) -> None:
    assert "headerless.csv" in ran.out, "the file is refused"
    told = [ran, fresh("run", "--json"), fresh("status"), fresh("quarantine", "list"), fresh("quarantine", "export")]
    assert not [text for outcome in told for text in PERSONAL if text in outcome.out + outcome.err]
    assert places_with(fresh, "echo", "schemaname = 'ops'", PERSONAL) == []
    assert places_with(fresh, "dagster", "schemaname = 'public'", PERSONAL) == []
    assert files_with(fresh, ("docs", "dagster", "dbt"), PERSONAL) == [], "documents and logs"
    server_logs = [path for path in (fresh.home / "postgres").rglob("*log*") if path.is_file()]
    assert server_logs
    assert not [path for path in server_logs for text in PERSONAL if text.encode() in path.read_bytes()]


def test_a_trace_shows_personal_data_only_when_it_is_asked_for(fresh: Echoctl, ran: Outcome) -> None:
    trace = ["trace", "core.dim_customer.email", "--where", f"customer_id={PERSON}", "--json"]
    shown, clear = fresh(*trace), fresh(*trace, "--personal")
    assert shown.code == clear.code == 0, shown.err
    assert not [text for text in PERSONAL if text in shown.out]
    assert MAIL in clear.out


def test_an_erasure_asks_first(fresh: Echoctl, ran: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    asked = fresh("erase", PERSON)
    assert asked.code == 1
    assert "This cannot be undone" in asked.out + asked.err
    assert fresh("psql", "--csv", "-c", "select count(*) from ops.erasures").out == "count\n0\n"


def test_an_erased_person_is_nowhere_and_every_figure_stays(fresh: Echoctl, ran: Outcome) -> None:
    before = total(fresh)
    assert before == "25.00,3"
    erased = fresh("erase", PERSON, "--yes", "--json", ECHO_MAX_REJECTED_SHARE="1")
    assert erased.code == 0, erased.err
    told = erased.document
    everything = (PERSON, MAIL, NAME)
    ours = "schemaname not in ('pg_catalog', 'information_schema')"
    assert places_with(fresh, "echo", ours, everything) == []
    assert places_with(fresh, "dagster", "schemaname = 'public'", everything) == []
    assert files_with(fresh, ("lake", "docs", "dagster", "dbt"), everything) == []
    assert total(fresh) == before
    assert told["counts"]["archived files"] == 4
    landing = fresh.landing
    assert told["landing"] == [
        str(landing / "customers" / "bad.csv"), str(landing / "customers" / "people.csv"),
        str(landing / "revenue" / "sales.csv"),
    ]  # fmt: skip
    member = fresh(
        "psql", "--csv", "-c", "select email, name, segment from core.dim_customer where customer_id like 'erased-%'"
    )
    assert member.out.splitlines()[1:] == [",,smb"]
    sold = f"select count(*), sum(amount) from core.fact_transactions where customer_id = '{told['token']}'"
    assert fresh("psql", "--csv", "-c", sold).out == "count,sum\n2,20.00\n"


def test_the_files_of_the_landing_folder_do_not_bring_the_person_back(fresh: Echoctl, ran: Outcome) -> None:
    for path in fresh.landing.rglob("*.csv"):
        path.touch()
    fresh.drop("revenue/more.csv", f"date,amount,customer_id,status\n2024-06-01,7.00,{PERSON},paid\n")
    again = fresh("run", "--json", "--max-rejected-share", "1")
    assert again.code in (0, 1), again.err
    assert (
        places_with(fresh, "echo", "schemaname in ('raw', 'staging', 'core', 'customers', 'ops')", (PERSON, MAIL)) == []
    )
    assert files_with(fresh, ("lake",), (PERSON, MAIL)) == []
    assert total(fresh) == "32.00,4"


@pytest.mark.parametrize(("person", "told"), [("nobody", "nobody of that id is in any table"), (" ", "no id given")])
def test_an_id_that_is_nowhere_is_told_in_words(fresh: Echoctl, ran: Outcome, person: str, told: str) -> None:
    answered = fresh("erase", person, "--yes", ECHO_MAX_REJECTED_SHARE="1")
    assert answered.code == 2
    assert told in answered.err
    assert "Traceback" not in answered.err


def test_json_of_an_erasure_is_one_object(fresh: Echoctl, ran: Outcome) -> None:
    again = fresh("erase", PERSON, "--yes", "--json", ECHO_MAX_REJECTED_SHARE="1")
    assert set(json.loads(again.out)) == {"token", "counts", "landing", "ok"}
