"""Print what `.venv` should hold as one word: changes when a lock, Python or the folder does.

Also read by Pythons too old for Tocsin, whose users are told so: no modern syntax here.
"""

import hashlib
import pathlib
import sys

if sys.version_info < (3, 11):
    sys.exit("Tocsin needs Python 3.11 or newer; this one is %d.%d." % sys.version_info[:2])

names = ["pyproject.toml", "requirements/run.txt", "tools/venv.sh", "tools/stamp.py"]
if sys.argv[1] == "dev":
    names.append("requirements/dev.txt")
seal = hashlib.sha256((sys.version + str(pathlib.Path.cwd())).encode())
for name in names:
    seal.update(pathlib.Path(name).read_bytes())
print(seal.hexdigest())
