"""Tocsin: known images of child sexual abuse are found by fingerprint, taken down, and kept off."""
