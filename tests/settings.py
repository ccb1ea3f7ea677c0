"""The house's own settings, on a data folder that goes away with the tests."""

import atexit
import os
import shutil
import tempfile
from typing import Any

_folder = tempfile.mkdtemp(prefix="tocsin-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

# What a developer has set for their own installation is no business of the tests.
for _name in [name for name in os.environ if name.startswith("TOCSIN_")]:
    if _name != "TOCSIN_DATABASE_URL":
        del os.environ[_name]
os.environ["TOCSIN_DATA"] = _folder
os.environ["TOCSIN_HOSTER_LOOKUP"] = "no"
os.environ["TOCSIN_RECHECK_AT_ONCE"] = "0"  # a thread that outlives its test finds no database
os.environ["TOCSIN_DOORS"] = "console,api,provider,hoster,public"

from tocsin.site.settings import *  # noqa: E402, F403 - the environment comes first

# A file and not memory: threads and other processes of a test see the same database. It need not
# survive a power cut.
_database: dict[str, Any] = DATABASES["default"]  # noqa: F405
# Tables are made from the models, in a tenth of the time; `make check` sees to it that migrations
# make the same ones, and tests that start a house of their own run them.
_database["TEST"] = {"MIGRATE": False}
if _database["ENGINE"].endswith("sqlite3"):
    _database["TEST"]["NAME"] = f"{_folder}/test.sqlite3"
    _database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
