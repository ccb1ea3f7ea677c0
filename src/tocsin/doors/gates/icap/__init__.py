"""ICAP (RFC 3507): how proxies and file shares ask about what passes through them."""
