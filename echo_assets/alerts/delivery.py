"""Telling people: the sensor that empties the outbox, and the services that Apprise speaks to.

The URLs are secrets: a service is known by its place in `ECHO_ALERT_URL` and its kind, and nothing that Apprise says is
passed on but the status of an answer. Apprise is imported when there is something to send.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

from echo_assets.alerts.messages import Message
from echo_assets.alerts.outbox import Delivered, Policy, deliver
from echo_assets.settings import Settings
from echo_assets.sources import Sources

_INTERVAL = 30
_BETWEEN = re.compile(r"[,\s]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_STATUS = re.compile(r"error=(\d{3})\b|HTTP[ /](\d{3})\b")
_TEST = Message("Echo: a test", "This is what `echoctl alert` sends to see whether alerts arrive. Nothing is wrong.")


def alert_delivery_sensor(sources: Sources) -> dg.SensorDefinition:
    """Tell what the other sensors raised."""

    @dg.sensor(
        name="alert_delivery_sensor",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=_INTERVAL,
        description="Sends alerts that were not sent yet to the services of ECHO_ALERT_URL, until they took them.",
    )
    def sense(_context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if not sources.settings.alert_url:
            return dg.SkipReason("ECHO_ALERT_URL is not set: alerts stay in ops.alerts and in the log")
        done = deliver_alerts(sources)
        return dg.SkipReason(f"{done.told} messages sent, {done.failed} not taken, {done.waiting} alerts wait")

    return sense


def deliver_alerts(sources: Sources) -> Delivered:
    """Send what is due to every service of the settings."""
    settings = sources.settings
    services = services_of(settings.alert_url or "")
    policy = Policy(timedelta(hours=settings.alert_repeat_hours), settings.alert_max_per_hour)
    with sources.connection() as connection:
        return deliver(
            connection, list(services), lambda name, message: sent(services[name], message), policy, sources.clock()
        )


def services_of(urls: str) -> dict[str, str]:
    """The URLs by a name that may be shown: `1 json`, `2 slack`."""
    found = [url for url in _BETWEEN.split(urls.strip()) if url]
    return {f"{number} {url.partition(':')[0].lower()}": url for number, url in enumerate(found, start=1)}


def sent(url: str, message: Message) -> str | None:
    """Give a message to one service; the reason if it was not taken."""
    import apprise

    apprise.logger.propagate = False  # its words name hosts, and URLs that it cannot read
    service = apprise.Apprise()
    with apprise.LogCapture(level=apprise.logging.WARNING, fmt="%(message)s") as said:
        if not service.add(url):
            return "no URL that Apprise knows"
        taken = service.notify(title=message.title, body=message.body, body_format=apprise.NotifyFormat.TEXT)
        return None if taken else _reason(str(said.getvalue()))


def _reason(said: str) -> str:
    """Why, in words that hold no part of a URL."""
    if status := _STATUS.search(said):
        return f"answered {status[1] or status[2]}"
    return "cannot be reached" if "onnection" in said else "did not take it"


def try_out(settings: Settings) -> Mapping[str, str | None]:
    """Send a test to every service; for each the reason if it did not take it."""
    return {name: sent(url, _TEST) for name, url in services_of(settings.alert_url or "").items()}
