"""What goes wrong with the database server in a user's hands. Nothing else lives here."""


class ServerError(RuntimeError):
    """A mistake or a circumstance that the user can change; the message names the offender and the fix."""
