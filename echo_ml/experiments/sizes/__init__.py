"""How large: users that a design needs, what it can see with those it has, and how long that takes."""
