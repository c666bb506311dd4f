"""`POST /predict/churn` at a steady rate against the same work done directly, in one run.

    python benchmarks/serving.py [--rate 50] [--seconds 20] [--customers 50000]

The service is `echoctl serve` as a process of its own, with a calibrated gradient boosting as champion. Requests are
sent at their times, whatever became of those before, and a latency counts from then. Directly means a SELECT by primary
key and predict_proba at the same rate, on one thread, in this process. Prints percentiles, errors and the ratio.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from measuring import Place, bench_place

from echo_ml.features.declared import NUMBER, TEXT, TRUTH, WHOLE, Feature
from echo_ml.features.online_tables import have_tables, online_table
from echo_ml.features.own_views import all_views
from echo_ml.models.churn import EXPERIMENT, MODEL
from echo_ml.models.churn.candidates import BOOSTED, LABEL, Candidate
from echo_ml.serving.backend import churn_features
from echo_ml.tracking import Tracking
from echo_ml.tracking.registry import CHAMPION, point

WORKERS = 32
SHARES = (("p50", 0.5), ("p99", 0.99))
_SQL = {NUMBER: "random() * 100", WHOLE: "(random() * 30)::bigint", TRUTH: "random() < 0.5", TEXT: "'a' || n % 5"}


@dataclass
class Answers:
    """Latencies in milliseconds and what went wrong."""

    milliseconds: list[float]
    errors: int

    def percentile(self, share: float) -> float:
        """A percentile of the latencies."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def line(self, name: str) -> str:
        """One row of the table."""
        figures = "".join(f"{self.percentile(share):>10.2f}" for share in (0.5, 0.9, 0.99, 1))
        return f"{name:<26}{len(self.milliseconds):>8}{figures}{self.errors:>9}"


def online(place: Place, features: tuple[Feature, ...], customers: int) -> None:
    """Features of so many customers, as they are after materialisation."""
    names = ", ".join(f'"{each.name}"' for each in features)
    values = ", ".join(_SQL[each.kind] for each in features)
    with psycopg.connect(place.url, autocommit=True) as connection:
        have_tables(connection, [online_table(view) for view in all_views()])
        connection.execute(
            f"""insert into feature_online.customer_daily (customer_id, event_timestamp, created_timestamp, {names})
            select 'C' || n, now(), now(), {values} from generate_series(1, {customers}) as n""".encode()
        )
        connection.execute("vacuum analyze feature_online.customer_daily")


def champion(place: Place, features: tuple[Feature, ...]) -> Any:
    """A model as training makes it, registered and promoted."""
    import numpy as np
    import pandas as pd

    random, columns = (
        np.random.default_rng(1),
        {each.name: "string" if each.kind is TEXT else "double" for each in features},
    )
    candidate = Candidate(BOOSTED, columns)
    frames = []
    for _ in range(2):
        made: dict[str, Any] = {name: random.gamma(2, 10, 4000) for name in columns}
        made |= {name: random.choice(["a0", "a1", "a2"], 4000) for name, kind in columns.items() if kind == "string"}
        frame = pd.DataFrame(made)
        odds = 1 / (1 + np.exp((20 - frame["recency_days"]) / 10))
        frames.append(frame.assign(**{LABEL: (random.random(4000) < odds).astype(int)}))
    model = candidate.fitted(*frames).model
    tracking = Tracking.at(place.databases.url("mlflow"), place.settings.home / "mlflow")
    with tracking.run(EXPERIMENT, "benchmark") as run:
        point(tracking, CHAMPION, run.log_sklearn_model(model, columns, MODEL))
    return model


@contextmanager
def serving(place: Place) -> Iterator[int]:
    """The service as a process, once it can answer; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    environment = {**os.environ, "ECHO_HOME": str(place.settings.home), "ECHO_SERVE_RATE": "10000"}
    command = [str(Path(sys.executable).with_name("echoctl")), "serve", "--port", str(port)]
    with (place.folder / "serving.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit((place.folder / "serving.log").read_text()[-3000:])
            time.sleep(0.2)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _is_ready(port: int) -> bool:
    with suppress(OSError):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health")
        return bool(json.load(connection.getresponse())["model"]["answering"])
    return False


def steady(rate: float, count: int, workers: int, make: Callable[[], Callable[[int], bool]]) -> Answers:
    """Ask so often, each at its own time; `make` gives each worker what asks once and says whether it went well."""
    found, lock, numbers = Answers([], 0), threading.Lock(), iter(range(count))
    begin = time.perf_counter() + 0.5

    def work() -> None:
        ask = make()
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            due = begin + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            is_good = ask(number)
            with lock:
                found.milliseconds.append(1000 * (time.perf_counter() - due))
                found.errors += not is_good

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


def over_http(port: int, customers: int) -> Callable[[], Callable[[int], bool]]:
    """Asks the service over a connection that stays open."""

    def make() -> Callable[[int], bool]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

        def ask(number: int) -> bool:
            body = json.dumps({"customer_id": f"C{1 + number * 7919 % customers}"})
            connection.request("POST", "/predict/churn", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status == 200 and 0 <= json.load(answer)["value"] <= 1

        return ask

    return make


def directly(
    place: Place, model: Any, features: tuple[Feature, ...], customers: int
) -> Callable[[], Callable[[int], bool]]:
    """The same work without a service: one SELECT by the primary key, one call of the model."""
    import pandas as pd
    from threadpoolctl import ThreadpoolController

    threads = ThreadpoolController()  # more than one thread a row would wait for each other
    names = [each.name for each in features]
    select = f"select {', '.join(names)} from feature_online.customer_daily where customer_id = %s".encode()

    def make() -> Callable[[int], bool]:
        connection = psycopg.connect(place.url, autocommit=True)

        def ask(number: int) -> bool:
            row = connection.execute(select, [f"C{1 + number * 7919 % customers}"], prepare=True).fetchone()
            frame = pd.DataFrame([row], columns=names)
            with threads.limit(limits=1):
                return bool(0 <= model.predict_proba(frame)[0, 1] <= 1)

        return ask

    return make


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--customers", type=int, default=50_000)
    options = parser.parse_args()
    count, features = int(options.rate * options.seconds), churn_features(all_views())
    with bench_place() as place:
        online(place, features, options.customers)
        model = champion(place, features)
        with serving(place) as port:
            steady(options.rate, int(options.rate * 2), WORKERS, over_http(port, options.customers))
            served = steady(options.rate, count, WORKERS, over_http(port, options.customers))
            direct = steady(options.rate, count, 1, directly(place, model, features, options.customers))
    rows = f"{options.customers} customers, {len(features)} features"
    print(f"{options.rate:g} requests/s for {options.seconds} s, {rows}; milliseconds\n")
    print(f"{'':<26}{'asked':>8}{'p50':>10}{'p90':>10}{'p99':>10}{'max':>10}{'errors':>9}")
    print(served.line("POST /predict/churn"))
    print(direct.line("SELECT + predict_proba"))
    ratios = (f"{name} {served.percentile(share) / direct.percentile(share):.2f}" for name, share in SHARES)
    print(f"\nratio   {'   '.join(ratios)}")


if __name__ == "__main__":
    main()
