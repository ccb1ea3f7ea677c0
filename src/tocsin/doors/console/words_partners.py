"""What lines of intake and steps of ICCAM are called on the pages, in three languages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.iccam.types import Classification, LinkState, StepKind, StepState, Trouble
from tocsin.domain.intake.types import Command, LineState, Proof, Way, Why

WAY: Mapping[str, Promise] = {
    Way.FILE: _("file"),
    Way.PASTED: _("pasted here"),
    Way.MAIL: _("mail"),
}
COMMAND: Mapping[str, Promise] = {
    Command.REPORT: _("reports"),
    Command.SAID_REMOVED: _("said to be removed"),
    Command.SAID_UNAVAILABLE: _("said to be unavailable"),
}
LINE: Mapping[str, Promise] = {
    LineState.WAITING: _("waits"),
    LineState.KEPT: _("kept"),
    LineState.ALREADY: _("known already"),
    LineState.STATED: _("noted with its item"),
    LineState.REFUSED: _("refused"),
    LineState.FOR_A_PERSON: _("for somebody to read"),
    LineState.DEALT_WITH: _("dealt with"),
}
PROOF: Mapping[str, Promise] = {
    Proof.FROM_LINE: _("the sender's own word, which anybody can write"),
    Proof.DKIM: _("signed by the sender's domain (DKIM)"),
    Proof.DMARC: _("confirmed by the sender's domain (DMARC)"),
}
WHY: Mapping[str, Promise] = {
    Why.NO_ADDRESS: _("There is no address in it."),
    Why.NOT_AN_ADDRESS: _("The first field is no web address; it begins with http:// or https://."),
    Why.QUOTE_OPEN: _("A quote is opened and not closed on the same line."),
    Why.TOO_MANY_FIELDS: _("It has more fields than there are; put an address with ; in quotes."),
    Why.CONTROL_CHARACTER: _("There is a control character in it."),
    Why.TOO_LONG: _("It is longer than what is kept of a report."),
    Why.UNKNOWN_ADDRESS: _("There is no item of this address here."),
    Why.NOT_ON_FILE: _("The sender is not on file. A manager can add it: tocsin intake sender add"),
    Why.NOT_PROVEN: _("Nothing that our mail server noted proves the sender."),
    Why.NOT_ALLOWED: _("This sender may not say this."),
    Why.UNKNOWN_COMMAND: _("The subject is no command that we know."),
    Why.NO_TEXT: _("The mail has no plain text."),
    Why.NOT_TEXT: _("This is no text, or in an encoding that we do not read."),
    Why.NOT_A_FORM: _("The text is no flat list of names and values."),
    Why.EMPTY: _("There is no line in it."),
    Why.TOO_LARGE: _("It is too large: a file has 16 MiB at most, a mail 1 MiB."),
    Why.TOO_MANY_LINES: _("It has more than 100,000 lines. Send it in parts."),
}
LINK: Mapping[str, Promise] = {
    LinkState.WELL: _("goes well"),
    LinkState.FAILING: _("failed, is tried again"),
    LinkState.OFF: _("switched off"),
}
STEP: Mapping[str, Promise] = {
    StepKind.FILE: _("report"),
    StepKind.REFERENCE: _("our number"),
    StepKind.SITE_TYPE: _("kind of site"),
    StepKind.COMMERCIALITY: _("commercial or not"),
    StepKind.PAYMENT_METHODS: _("ways to pay"),
    StepKind.ASSESS: _("assessment"),
    StepKind.ACT: _("action"),
    StepKind.HOSTING: _("where it is hosted"),
    StepKind.ASSIGN: _("given to another country"),
}
STEP_TROUBLE: Mapping[str, Promise] = {
    Trouble.NO_KEY: _(
        "Our name, password or certificate for it are not in the file of keys, or others may read "
        "that file."
    ),
    Trouble.REFUSED: _("It does not accept our name and password, or our certificate."),
    Trouble.UNREACHABLE: _("It could not be reached."),
    Trouble.TOO_SLOW: _("It took too long to answer."),
    Trouble.BUSY: _("It asked us to come back later."),
    Trouble.SERVER: _("It answered that something broke over there."),
    Trouble.BROKEN: _("It answered with something else than was asked for."),
    Trouble.ENDLESS: _("It lists more at once than it lets be fetched, again and again."),
    Trouble.OURS: _("Something broke here; the log of the worker says what."),
    Trouble.NOT_TAKEN: _(
        "It refused this step. What it has on file and what we want to say differ."
    ),
    Trouble.NOT_ASSESSED: _(
        "It has no assessment of this content yet, so that no action is taken."
    ),
    Trouble.NUMBER_UNKNOWN: _(
        "It may have the report already, under a number that we were not told: look there, and "
        "tell us the number (tocsin iccam adopt)."
    ),
    Trouble.BASELINE_STANDS: _(
        "A baseline assessment stands there, which nobody can overrule: write to INHOPE if it is "
        "wrong, then pass this over."
    ),
    Trouble.CORRECTED: _(
        "Our finding was corrected after it had been told, and ICCAM takes nothing back: write to "
        "INHOPE, then pass this over."
    ),
    Trouble.NOT_OURS: _("It is assigned to another country by now, whose hotline acts."),
    Trouble.SET_ALREADY: _("Somebody has filled this in already; theirs stands."),
    Trouble.TAKEN_BACK: _("Our finding was corrected before this was told."),
    Trouble.BY_A_PERSON: _("Somebody here passed it over."),
}
STEP_STATE: Mapping[str, Promise] = {
    StepState.WAITING: _("waits"),
    StepState.SENT: _("told"),
    StepState.DEAD: _("needs somebody"),
    StepState.PASSED_OVER: _("passed over"),
}
_BASELINE, _NATIONAL, _NOT_ILLEGAL = _("baseline"), _("national"), _("not illegal")
STATED: Mapping[str, Promise] = {
    "baseline": _BASELINE,
    "national": _NATIONAL,
    "not_illegal": _NOT_ILLEGAL,
    str(int(Classification.BASELINE)): _BASELINE,
    str(int(Classification.NATIONAL)): _NATIONAL,
    str(int(Classification.IGNORE)): _NOT_ILLEGAL,
}
ALL: Mapping[str, Mapping[str, Promise]] = {
    "way": WAY,
    "command": COMMAND,
    "line": LINE,
    "proof": PROOF,
    "line_why": WHY,
    "iccam_link": LINK,
    "iccam_step": STEP,
    "step_state": STEP_STATE,
    "stated": STATED,
    "iccam_trouble": STEP_TROUBLE,
}
