"""What must be rebuilt after something landed, in which runs, and how such a run is executed in this process.

``plan`` is pure and decides; ``ledger`` reads what it decides on; ``runs`` executes; ``locks`` keeps planners apart.
"""
