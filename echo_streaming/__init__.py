"""Events, producer, consumer, sink, dead letters and broker providers as plain libraries.

Kafka belongs here; the orchestrator, Feast and the environment do not.
"""
