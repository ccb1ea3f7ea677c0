"""Jobs: what a provider asked that outlives the request, and answers that are given again.

For: the providers' door. Owns jobs of up to a million items (in the table: how far each is; on
disk, sealed: what was asked and answered), who is told when one ends, and the answers to requests
that came with an `Idempotency-Key`. Must never: hold a byte of media, keep a job longer than it
says, or call an item clean that was not checked.
"""
