"""ICCAM: reports of other hotlines in, and what was done about them out.

For: the desk. Owns what was fetched, what waits to be told, and in what order. The service is
behind an adapter that can be replaced. Must never: tell an action twice, or out of order.
"""
