"""clamd's protocol, as clamdscan(1) and everything that can ask a ClamAV daemon speak it."""
