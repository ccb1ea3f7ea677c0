"""What matching may refuse or fail to do, in exceptions that say so."""

from __future__ import annotations


class WrongPolicy(ValueError):
    """Terms that no key may have; the text says which."""


class JournalFailed(Exception):
    """A hit could not be put on the disk, so the answer that tells of it must not leave."""


class KeysUnknown(Exception):
    """This process has not yet been able to read the keys, so it can let nobody in."""


class NoSuchKey(Exception):
    """There is no key of that id."""


class ShadowNeedsActions(WrongPolicy):
    """A key that hears yes or no only cannot be told what would have been advised."""


class NotHarmless(ValueError):
    """This cannot be put on a party's list of what it found harmless; the text says why."""


class BuildBusy(Exception):
    """Another process on this machine is building the index at this moment."""


class NoSuchHit(Exception):
    """There is no hit of that id."""


class WrongVersion(Exception):
    """There is no such list version yet."""


class VersionTooOld(Exception):
    """More has changed since that list version than can be told apart."""
