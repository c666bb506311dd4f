"""Sources that are no file: reading a database or a REST API into files of the landing folder, window by window.

A contract declares its server (`declaration`); `extract` reads it and writes one file a window. From there on all is
the one code path that files have. Nothing here reads the environment: who calls hands over what is secret.
"""
