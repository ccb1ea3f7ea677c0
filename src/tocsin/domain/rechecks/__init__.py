"""Rechecks: whether what was found is still there, and whether it came back or moved.

For: notices and figures. Owns what follows an unlawful item until it is gone and for ninety days
after: observations, their verdict, and the ledger of hops across networks and countries.
Must never: take a silence, a placeholder or a closed border for a removal, or end without a clock.
"""
