"""The consumer: records of a Kafka topic become rows of PostgreSQL, effectively once.

Offsets live in PostgreSQL and move in the transaction that writes the rows, so that a crash leaves both or neither; a
generation fences off whoever has lost a partition without knowing it. One module a step: `batches` collects, `sink`
writes, `flushing` decides what an error means, `loop` runs it all.
"""
