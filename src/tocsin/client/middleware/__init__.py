"""Checks of uploads on their way into a web application: WSGI, ASGI, Django.

A file of a form is fingerprinted while it streams in, and the application gets its end only when
the check has let it through; what is refused is answered here, with 451, 503 or 422. The bytes go
where the application's framework puts them, and nowhere else.
"""

from tocsin.client.middleware.asgi import AsgiScreen
from tocsin.client.middleware.screening import (
    Checked,
    Handling,
    Refusal,
    Screen,
    Upload,
    UploadStopped,
    usual_refusal,
)
from tocsin.client.middleware.wsgi import WsgiScreen

__all__ = [
    "AsgiScreen",
    "Checked",
    "Handling",
    "Refusal",
    "Screen",
    "Upload",
    "UploadStopped",
    "WsgiScreen",
    "usual_refusal",
]
