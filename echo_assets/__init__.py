"""The one package that knows the orchestrator: assets, checks, jobs, the command line and the embedded database server.

The other three packages are plain libraries that this one imports; they never import it. Nothing is done at import.
"""
