"""Proving that order does not matter: the models are built along several ways in a scratch database and compared.

What is built is the project's business; here live the scratch database, the ways, and the comparison. Nothing here
touches the warehouse's own tables.
"""
