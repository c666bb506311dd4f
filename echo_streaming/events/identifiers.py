"""Which characters identifiers may have. All of an event's are looked at together: that is nearly always enough."""

from __future__ import annotations

import re

from echo_streaming.events.types import ExposureData, SignupData, TransactionData

_PRINTABLE = re.compile(r"[!-~]+")
_IDENTIFIER = re.compile(
    r"[^\u0000-\u0020\u007f-\u00a0](?:[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u00a0])?"
)
_OF_DATA = ("transaction_id", "customer_id", "product_id", "experiment_id", "user_id", "variant")


def odd_identifier(
    event_id: str, source: str, subject: str | None, data: TransactionData | SignupData | ExposureData
) -> str | None:
    """The path of an identifier with a character that it must not have; None if there is none.

    An event's own id and source are printable ASCII without blanks. Other identifiers hold no control characters, and
    begin and end with no blank.
    """
    text = event_id + source + (subject or "") + data.joined
    if text.isascii() and text.isprintable() and " " not in text:
        return None
    for path, value in (("$.id", event_id), ("$.source", source)):
        if not _PRINTABLE.fullmatch(value):
            return path
    found = [("$.subject", subject), *((f"$.data.{name}", getattr(data, name, None)) for name in _OF_DATA)]
    return next((path for path, value in found if value is not None and not _IDENTIFIER.fullmatch(value)), None)
