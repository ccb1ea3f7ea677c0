"""The public's pages: report something, see what became of it, talk with the hotline.

For: anybody, without log-in, cookie or script. Owns its pages alone; its process carries no staff
code. Must never: accept a file, keep an address of a visitor, or load anything from elsewhere.
"""
