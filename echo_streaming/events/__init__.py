"""What an event is: its types, reading it from bytes with a reason for every refusal, and writing it.

The contract `user_events` says what fields there are and within which bounds; the JSON Schemas in `schemas/` are made
from it. The types here say the same once more, for speed, and a test keeps the two from differing.
"""
