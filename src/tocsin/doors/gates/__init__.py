"""The gates: doors for programs that already know how to ask a virus scanner.

For: mail servers, file shares, forums (clamd's protocol) and proxies (ICAP, RFC 3507), which need
nothing but an address. Owns both protocols, the desk that answers them and the bounds they share.
Must never: answer "clean" for what could not be checked, write a byte of a file to disk or log its
name, keep more bytes in memory than it was given, or let strangers in: neither protocol has a
log-in, so a gate stands for one key and listens on this machine.
"""
