"""Glue between the platform and `echo_streaming`: brokers from the settings, days for the planner, features served.

What is consumed and how is the library's business; what the graph says of the stream is in `event_streams.py`.
"""
