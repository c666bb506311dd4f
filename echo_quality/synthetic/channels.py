"""Marketing channels, the spellings in which they arrive, and the conformed name of each.

The seed `channel_map` of the warehouse must know every label listed here. Must not live here: any figure.
"""

import numpy as np

from echo_quality.synthetic.period import Ints

SPELLINGS: dict[str, tuple[str, ...]] = {
    "Google Ads": ("Google Ads", "google ads", "google_ads", "GOOGLE ADS"),
    "Facebook": ("Facebook", "facebook", "FACEBOOK"),
    "LinkedIn": ("LinkedIn", "linkedin", "Linkedin"),
    "Email": ("Email", "email", "E-mail"),
    "Twitter": ("Twitter", "twitter"),
    "Organic Search": ("Organic Search", "organic search", "organic"),
}
CHANNELS = tuple(SPELLINGS)
LABELS = tuple(label for labels in SPELLINGS.values() for label in labels)
CHANNEL_MAP = {label: channel for channel, labels in SPELLINGS.items() for label in labels}

_COUNTS = np.array([len(labels) for labels in SPELLINGS.values()])
_FIRST = np.concatenate([[0], np.cumsum(_COUNTS)[:-1]])
_USUAL_SHARE = 0.7


def spelled(rng: np.random.Generator, channels: Ints) -> Ints:
    """For each channel an index into LABELS: mostly the usual spelling, now and then another."""
    variant = (rng.random(len(channels)) * _COUNTS[channels]).astype(np.int64)
    usual = rng.random(len(channels)) < _USUAL_SHARE
    return np.asarray(_FIRST[channels] + np.where(usual, 0, variant), dtype=np.int64)
