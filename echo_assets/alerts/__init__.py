"""Alerts, from a failure to somebody's mailbox.

`raising` writes them to `ops.alerts`; `outbox` decides what is told, when and how often, in the words of `messages`;
`delivery` sends it.
"""
