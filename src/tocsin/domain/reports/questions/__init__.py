"""Question sets: what an analyst is asked, as versioned data, and what an answer may be.

A set is a file; a changed set is another file with a newer version, and answers name the version
they were given to. An answer carries codes of the schemes it is told in and may say what was
observed; everything else follows from that. Plain functions over data: no Django, no clock.
Must never change a file that has been released, or read a code back into facts.
"""

from tocsin.domain.reports.questions.reading import (
    Choice,
    Question,
    QuestionSet,
    all_sets,
    asked,
    codes_of,
    implied,
    newest,
    of_version,
    refuse,
)

__all__ = [
    "Choice",
    "Question",
    "QuestionSet",
    "all_sets",
    "asked",
    "codes_of",
    "implied",
    "newest",
    "of_version",
    "refuse",
]
