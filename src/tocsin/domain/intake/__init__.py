"""Intake: reports as other systems send them: files, mails and forms of hotlines.

For: the desk and the command line. Owns what arrived, line by line, and what became of each line.
Must never: lose a line, take a command from a sender who is not on file, or decide anything.
"""
