"""Settings, addresses, processes and the command line: the only floor that sees every other."""
