"""The endpoints by topic: each module makes a router over the backend. What an answer is made of is said elsewhere."""
