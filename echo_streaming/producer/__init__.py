"""Sending events: an idempotent producer with delivery reports, and a synthetic stream that can be played again."""
