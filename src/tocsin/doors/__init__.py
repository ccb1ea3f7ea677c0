"""Every way in, one folder per kind of visitor; doors do not know one another."""
