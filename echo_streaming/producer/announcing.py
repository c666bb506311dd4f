"""Sending dead letters to their topic, as they were, with the reason in the headers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from echo_streaming.brokers.cluster import Cluster
from echo_streaming.brokers.topics import Topics
from echo_streaming.consumer.dead_letters import Announcement, Send
from echo_streaming.events.writing import Record
from echo_streaming.producer.sending import deliver


def announcing(cluster: Cluster, topic: str) -> Send:
    """A callable that sends; the topic is made when there is a first dead letter, with one partition."""
    known: list[Topics] = []

    def send(found: Sequence[Announcement]) -> Iterable[int]:
        if not known:
            topics = Topics(cluster)
            topics.ensure(topic, 1)
            known.append(topics)
        arrived = deliver(cluster, topic, [Record(each.key, each.value, each.headers) for each in found])
        if len(arrived) < len(found):
            known.clear()  # a broker that lost its memory has lost the topic, too
        return [found[position].dead_letter_id for position in arrived]

    return send
