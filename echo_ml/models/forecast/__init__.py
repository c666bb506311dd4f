"""A forecast of revenue by day and by month: histories in, values with intervals and reasons out.

What is known of the past is in `history.py`; the two methods are `naive.py` and `smoothing.py`. `backtest.py` lets them
forecast what is known by now, `choice.py` says which is better, `intervals.py` how far off one is. `forecast.py` puts
that together for one series and `revenue.py` for days and months; `tables.py` and `pictures.py` show it. Nothing here
reads a database, a clock or the environment, and nothing is drawn at random: the same history gives the same forecast.
"""
