"""A run that cannot keep a file's bytes: it fails at once, says where and what to do, and the next one heals."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assets.platform_under_test import SALES, Platform, sale


def folder_of(platform: Platform, text: str) -> Path:
    """Where in the lake a file with this text is kept."""
    return platform.settings.lake / "raw" / hashlib.sha256(text.encode()).hexdigest()[:2]


def test_a_lake_that_takes_no_file_fails_the_run_with_what_to_do_and_the_next_run_heals(platform: Platform) -> None:
    texts = [SALES + sale(f"t{number}", "2024-01-02") for number in range(99)]
    places = {folder_of(platform, text): text for text in texts}
    blocked, text = next((place, text) for place, text in places.items() if not place.exists())
    platform.drop("revenue", "troubled.csv", text)
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("a file where a folder should be")
    [report] = platform.take_in()
    assert not report.succeeded
    said = " ".join(str(step) for step in report.failed)
    assert str(blocked) in said
    assert "then run again" in said
    assert "Traceback" not in said
    assert platform.value("select count(*) from ops.loads where file = 'troubled.csv'") == 0
    blocked.unlink()
    assert all(report.succeeded for report in platform.take_in())
    assert platform.value("select status from ops.loads where file = 'troubled.csv'") == "loaded"
