"""One module per command; a module imports its room only when it runs, so that help is quick."""


class Stop(Exception):
    """A command cannot go on; its text says what happened and what to do next."""
