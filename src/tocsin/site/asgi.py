"""The live process: server-sent events for the console, and nothing else."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.site.settings")

import django

django.setup(set_prefix=False)

from tocsin.doors.live.stream import Live  # noqa: E402 - needs Django set up

application = Live()
