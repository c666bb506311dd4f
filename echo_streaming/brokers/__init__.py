"""Kafka brokers: the user's own, an embedded one that keeps events in memory only, Apache Kafka from Maven's jars.

Everything else is told a `Cluster`, a value, and relies on what all of them do: reading partitions from an offset that
PostgreSQL has, the end of a partition as the broker tells it while it is read, and creating a topic.
"""
