"""The rehearsal: the whole chain on drawn landscapes, in a house of its own, seen from outside.

For: showing that everything works here, before it has to. Owns the drawn pictures and their list, a
hoster that does not exist, people who play their parts, and the search for any byte of a picture.
Must never: touch the installation beside it, reach another machine, or leave a process or a file.
"""
