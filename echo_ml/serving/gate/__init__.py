"""What every request passes before an endpoint sees it: log, deadline, key, rate, size. Plain ASGI, no FastAPI."""
