"""Whether a load, or a day, looks like those before it: robust statistics, what they are taken of, known incidents."""
