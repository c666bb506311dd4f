"""What Feast does not enforce, asked: of the offline history, of what is online, of training sets, of what may leak.

Each check is a function from a connection or a frame to a `Verdict`; who reports it, and when, is decided elsewhere.
"""
