# One image for all of Echo's own services; docker-compose.yml says what each of them runs.
# The first stage installs and compiles; the second holds only what runs, under a user without rights.

FROM python:3.11.15-slim-bookworm AS build

ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9

WORKDIR /app
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project

COPY echo_assets echo_assets
COPY echo_dbt echo_dbt
COPY echo_ml echo_ml
COPY echo_quality echo_quality
COPY echo_streaming echo_streaming
COPY docs/runbook.md docs/
COPY dagster.yaml workspace.yaml ./
RUN uv sync --frozen --no-dev \
    && .venv/bin/python -m compileall -q echo_assets echo_ml echo_quality echo_streaming


FROM python:3.11.15-slim-bookworm

ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ECHO_HOME=/var/lib/echo/home \
    ECHO_LANDING=/var/lib/echo/landing \
    DAGSTER_HOME=/var/lib/echo/home/dagster

RUN groupadd --gid 10001 echo \
    && useradd --uid 10001 --gid echo --home-dir /var/lib/echo --create-home --shell /usr/sbin/nologin echo

WORKDIR /app
COPY --from=build /app /app
# The code belongs to root. Named volumes take over the owner of the folders made here; `echoctl up` finds the line in
# .env as it wants it, and writes nothing into /app.
RUN install -d -o echo -g echo /var/lib/echo/home /var/lib/echo/landing echo_dbt/target \
    && echo "DAGSTER_HOME=$DAGSTER_HOME" > .env

USER 10001:10001
RUN python -c "from echo_assets.dbt.project import prepare_manifest; prepare_manifest()"

CMD ["echoctl", "--help"]
