"""Models that learn from the warehouse, one package a question; each is a plain library that is handed its data."""
