"""Looks at growing data: boundaries of planned looks, inference that holds at all of them, the path of an arm."""
