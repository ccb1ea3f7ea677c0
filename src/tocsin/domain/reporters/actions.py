"""Writing: forms as they are typed and sent, messages both ways, bad faith."""

from tocsin.domain.reporters.forms import Form, enter_address, keep, send
from tocsin.domain.reporters.talks import answer, put_back, set_aside, settle, write

__all__ = [
    "Form",
    "answer",
    "enter_address",
    "keep",
    "put_back",
    "send",
    "set_aside",
    "settle",
    "write",
]
