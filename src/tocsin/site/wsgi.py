"""The web process: hot paths answered before Django, the rest by it."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.site.settings")

import django

django.setup(set_prefix=False)

from tocsin.site import dumps  # noqa: E402 - the rooms need settings first
from tocsin.site.dispatch import build  # noqa: E402

# Uploads are in this process's memory before a decoder has them.
dumps.leave_none()
application = build()
