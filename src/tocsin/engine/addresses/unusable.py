"""The one error of this room."""


class UnusableAddress(ValueError):
    """The text given is not a web address we can work with.

    ``str(error)`` is a sentence for the person who typed it. It never repeats the address, because
    errors end up in logs and addresses of items are secrets. ``code`` is fixed, for translation.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
