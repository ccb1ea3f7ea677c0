"""Who gets what at every address Django answers: a stranger, and somebody of each role.

Whoever adds an address adds its row here; a test fails until they do. The numbers in the addresses
belong to nothing, so 404 means: was let in, found nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tocsin.base.accounts.types import Role

LOGIN = "log in"
"""Sent to the log-in page."""

Answer: TypeAlias = int | str
Answers: TypeAlias = Mapping[Role | None, Answer]
"""What each visitor gets; None is somebody who is not logged in."""

EVERYBODY = frozenset(Role)
DESK = frozenset({Role.ANALYST, Role.MANAGER})
# Everybody who sees items at all.
SEERS = DESK | {Role.INTAKE, Role.SECOND_REVIEWER, Role.QUALITY, Role.POLICE_LIAISON}
TAKERS_IN = DESK | {Role.INTAKE}
JUDGES = DESK | {Role.SECOND_REVIEWER}
READERS_OF_NOTICES = SEERS - {Role.INTAKE}
READERS_OF_LISTS = JUDGES | {Role.QUALITY, Role.ADMINISTRATOR}
TAKERS_IN = DESK | {Role.INTAKE}
QUALITY = frozenset({Role.QUALITY, Role.MANAGER})
READERS_OF_FIGURES = frozenset({Role.MANAGER, Role.QUALITY, Role.AUDITOR, Role.REGULATOR})
POLICE = frozenset({Role.MANAGER, Role.POLICE_LIAISON})
KEEPERS = frozenset({Role.MANAGER, Role.ADMINISTRATOR})
TAKERS_IN = frozenset({Role.INTAKE, Role.ANALYST, Role.MANAGER})


def same(answer: Answer) -> Answers:
    """The same to everybody, strangers too."""
    return dict.fromkeys((None, *Role), answer)


def staff(answer: Answer, roles: frozenset[Role] = EVERYBODY) -> Answers:
    """`answer` to people of these roles, 403 to the others, and strangers are sent to log in."""
    return {None: LOGIN, **{role: answer if role in roles else 403 for role in Role}}


def manager(answer: Answer) -> Answers:
    return staff(answer, frozenset({Role.MANAGER}))


def administrator(answer: Answer) -> Answers:
    return staff(answer, frozenset({Role.ADMINISTRATOR}))


NOT_SO = same(405)
OPEN = same(200)
WRONG_FORM = same(422)
SENT_ON = same(302)
GONE = same(410)
NO_PARTS = same(415)
STAFF = staff(200)
GOES_ON = staff(302)
ITEM_PAGES = staff(200, SEERS)
ONE_ITEM = staff(404, SEERS)
DESK_ON_ONE = staff(404, DESK)
TAKERS_IN_ON_ONE = staff(404, TAKERS_IN)
POLICE_ON_ONE = staff(404, frozenset({Role.POLICE_LIAISON, Role.MANAGER}))
MANAGER = manager(200)
MANAGER_ON_ONE = manager(404)
MANAGER_FORGOT_WORDS = manager(422)
ADMINISTRATOR = administrator(200)
ADMINISTRATOR_ON_ONE = administrator(404)
ADMINISTRATOR_GOES_ON = administrator(302)
ADMINISTRATOR_FORGOT_WORDS = administrator(422)
SYSTEM = staff(200, KEEPERS)
TAKES_IN = staff(200, TAKERS_IN)
SYSTEM_GOES_ON = staff(302, KEEPERS)


@dataclass(frozen=True, slots=True)
class Row:
    """One address: how it is filled in, and what GET and POST answer to each visitor."""

    get: Answers
    post: Answers
    arguments: Mapping[str, object] = field(default_factory=dict)


ITEM = {"number": "T-2026-000001"}
NOTICE = {"number": "N-2026-000001"}
NOBODY = {"person_id": 9_999}
TALK = {"talk_id": 9_999}
LANGUAGE = {"language": "en"}
APPEAL = {"number": "A-2026-000001"}
ITEM_APPEAL = {"number": "R-2026-000001"}

TABLE: dict[str, Row] = {
    "front": Row(OPEN, NOT_SO),
    "set_language": Row(SENT_ON, SENT_ON),
    # The analyst's desk. An administrator sees no items.
    "console:start": Row(GOES_ON, GOES_ON),
    "console:queue": Row(ITEM_PAGES, NOT_SO),
    "console:item": Row(ONE_ITEM, NOT_SO, ITEM),
    "console:follows": Row(staff(200, DESK), NOT_SO),
    "console:take": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:give_back": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:assess": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:agree": Row(NOT_SO, staff(404, JUDGES), ITEM),
    "console:correct": Row(NOT_SO, MANAGER_ON_ONE, ITEM),
    "console:take_next": Row(NOT_SO, staff(302, DESK)),
    "console:skip": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:set_live": Row(NOT_SO, TAKERS_IN_ON_ONE, ITEM),
    "console:review": Row(NOT_SO, staff(404, JUDGES), ITEM),
    "console:follow": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:take_apart": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:put_together": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:extend_police": Row(NOT_SO, POLICE_ON_ONE, ITEM),
    "console:release_police": Row(NOT_SO, POLICE_ON_ONE, ITEM),
    "console:open_item_appeal": Row(NOT_SO, TAKERS_IN_ON_ONE, ITEM),
    "console:item_appeals": Row(ITEM_PAGES, NOT_SO),
    "console:item_appeal": Row(ONE_ITEM, NOT_SO, ITEM_APPEAL),
    "console:item_appeal_take": Row(NOT_SO, MANAGER_ON_ONE, ITEM_APPEAL),
    "console:item_appeal_give_back": Row(NOT_SO, MANAGER_ON_ONE, ITEM_APPEAL),
    "console:item_appeal_decide": Row(NOT_SO, MANAGER_ON_ONE, ITEM_APPEAL),
    "console:day": Row(ITEM_PAGES, NOT_SO),
    "console:search": Row(NOT_SO, staff(422, SEERS)),
    "console:hand_over": Row(NOT_SO, staff(422, TAKERS_IN)),
    "console:desk_setup": Row(MANAGER, NOT_SO),
    "console:set_weights": Row(NOT_SO, MANAGER_FORGOT_WORDS),
    "console:set_rules": Row(NOT_SO, MANAGER_FORGOT_WORDS),
    "console:hours": Row(MANAGER, NOT_SO),
    "console:set_hours": Row(NOT_SO, MANAGER_ON_ONE, NOBODY),
    "console:admit": Row(NOT_SO, MANAGER_ON_ONE, NOBODY),
    "console:quality": Row(staff(200, QUALITY), NOT_SO),
    "console:make_golden": Row(NOT_SO, staff(422, QUALITY)),
    "console:plant": Row(NOT_SO, staff(404, QUALITY), ITEM),
    "console:retire": Row(NOT_SO, staff(404, QUALITY), ITEM),
    "console:whereabouts": Row(ONE_ITEM, NOT_SO, ITEM),
    "console:recheck_rule": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:recheck_look": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:recheck_pause": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:recheck_go_on": Row(NOT_SO, DESK_ON_ONE, ITEM),
    "console:recheck_abroad": Row(NOT_SO, DESK_ON_ONE, ITEM),
    # Whether it is still there; managers may stop all looks.
    "console:rechecks": Row(staff(200, READERS_OF_NOTICES), NOT_SO),
    "console:hops": Row(staff(200, READERS_OF_NOTICES), NOT_SO),
    "console:recheck_stop": Row(NOT_SO, MANAGER_FORGOT_WORDS),
    "console:recheck_resume": Row(NOT_SO, manager(302)),
    # Looking: step by step, counted; and what the organisation states that it may.
    "console:look": Row(staff(404, JUDGES), staff(404, JUDGES), ITEM),
    "console:look_beat": Row(NOT_SO, staff(200, JUDGES), {"look_id": 9_999}),
    "console:look_end": Row(NOT_SO, staff(200, JUDGES), {"look_id": 9_999}),
    "console:my_looks": Row(staff(200, JUDGES), NOT_SO),
    "console:all_looks": Row(staff(200, frozenset({Role.MANAGER, Role.QUALITY})), NOT_SO),
    "console:look_opt_out": Row(NOT_SO, staff(302, JUDGES)),
    "console:look_opt_in": Row(NOT_SO, staff(302, JUDGES)),
    "console:mandate": Row(MANAGER, NOT_SO),
    "console:mandate_fetch": Row(NOT_SO, MANAGER_FORGOT_WORDS),
    "console:mandate_fetch_stop": Row(NOT_SO, manager(302)),
    "console:mandate_look": Row(NOT_SO, MANAGER_FORGOT_WORDS),
    "console:mandate_look_end": Row(NOT_SO, manager(302)),
    "console:notices": Row(staff(200, READERS_OF_NOTICES), NOT_SO),
    "console:notice": Row(staff(404, READERS_OF_NOTICES), NOT_SO, NOTICE),
    "console:notice_reply": Row(NOT_SO, DESK_ON_ONE, NOTICE),
    "console:notice_use_contact": Row(NOT_SO, MANAGER_ON_ONE, {**NOTICE, "answer_id": 9_999}),
    "console:ladder": Row(MANAGER, MANAGER),
    "console:office_keep": Row(NOT_SO, MANAGER_FORGOT_WORDS),
    "console:office_remove": Row(NOT_SO, manager(302), {"office_id": 9_999}),
    "console:notices_stop": Row(NOT_SO, manager(302)),
    "console:notices_go_on": Row(NOT_SO, manager(302)),
    # People who stay unknown: whoever takes reports in talks with them.
    "console:reporters": Row(staff(200, TAKERS_IN), NOT_SO),
    "console:reporter_find": Row(NOT_SO, staff(302, TAKERS_IN)),
    "console:reporter": Row(staff(404, TAKERS_IN), NOT_SO, TALK),
    "console:reporter_answer": Row(NOT_SO, staff(404, TAKERS_IN), TALK),
    "console:reporter_settle": Row(NOT_SO, staff(404, TAKERS_IN), TALK),
    "console:reporter_address": Row(NOT_SO, staff(404, TAKERS_IN), TALK),
    "console:reporter_set_aside": Row(NOT_SO, staff(404, TAKERS_IN), TALK),
    "console:reporter_put_back": Row(NOT_SO, staff(404, TAKERS_IN), TALK),
    # The public's pages: the same to everybody, and a file, a form of many parts, to nobody.
    "public:choose": Row(SENT_ON, NOT_SO),
    "public:front": Row(OPEN, NOT_SO, LANGUAGE),
    "public:report": Row(OPEN, NO_PARTS, LANGUAGE),
    "public:draft": Row(NOT_SO, NO_PARTS, LANGUAGE),
    "public:receipt": Row(OPEN, NO_PARTS, LANGUAGE),
    "public:leave": Row(same(303), NOT_SO, LANGUAGE),
    # What providers say is wrong, and what suddenly matches everywhere: managers decide.
    "console:appeals": Row(ITEM_PAGES, NOT_SO),
    "console:appeal_new": Row(staff(200, DESK), staff(200, DESK)),
    "console:appeal": Row(ONE_ITEM, NOT_SO, APPEAL),
    "console:appeal_take": Row(NOT_SO, MANAGER_ON_ONE, APPEAL),
    "console:appeal_give_back": Row(NOT_SO, MANAGER_ON_ONE, APPEAL),
    "console:appeal_decide": Row(NOT_SO, MANAGER_ON_ONE, APPEAL),
    "console:holds": Row(ITEM_PAGES, NOT_SO),
    "console:let_count": Row(NOT_SO, MANAGER_ON_ONE, {"entry_id": 9_999}),
    "console:withdraw_held": Row(NOT_SO, MANAGER_ON_ONE, {"entry_id": 9_999}),
    "console:floods": Row(ITEM_PAGES, NOT_SO),
    "console:flood_decide": Row(NOT_SO, MANAGER_ON_ONE, {"flood_id": 9_999}),
    # Hosters, behind the links in their notices.
    "hoster:keys": Row(OPEN, NOT_SO),
    "hoster:signed": Row(OPEN, WRONG_FORM),
    "hoster:notice": Row(GONE, GONE, {"secret": "nothing"}),
    # Figures: those who read them, and who may propose to name a hoster.
    "console:figures": Row(staff(200, READERS_OF_FIGURES), NOT_SO),
    "console:figures_file": Row(staff(404, READERS_OF_FIGURES), NOT_SO, {"kind": "csv"}),
    "console:namings": Row(MANAGER, NOT_SO),
    "console:naming_propose": Row(NOT_SO, MANAGER_ON_ONE),
    "console:naming": Row(NOT_SO, MANAGER_FORGOT_WORDS, {"number": 9_999, "act": "hear"}),
    # The police: those who deal with them.
    "console:referrals": Row(staff(200, POLICE), NOT_SO),
    "console:refer": Row(NOT_SO, staff(404, POLICE), ITEM),
    "console:hold": Row(NOT_SO, staff(422, POLICE), ITEM),
    "console:hold_release": Row(NOT_SO, staff(404, POLICE), {"hold_id": 9_999}),
    "console:hold_extend": Row(NOT_SO, staff(422, POLICE), {"hold_id": 9_999}),
    "console:police_key_add": Row(NOT_SO, staff(422, POLICE)),
    "console:police_key_remove": Row(NOT_SO, staff(404, POLICE), {"key_id": 9_999}),
    "console:referral_acknowledge": Row(NOT_SO, staff(404, POLICE), {"number": "P-2026-000001"}),
    "console:referral_answer": Row(NOT_SO, staff(404, POLICE), {"number": "P-2026-000001"}),
    # Kept by managers.
    "console:hosters": Row(MANAGER, NOT_SO),
    "console:hoster_new": Row(MANAGER, MANAGER),
    "console:hoster": Row(MANAGER_ON_ONE, MANAGER_ON_ONE, {"hoster_id": 9_999}),
    "console:hoster_remove": Row(NOT_SO, MANAGER_ON_ONE, {"hoster_id": 9_999}),
    "console:confirm_set": Row(NOT_SO, MANAGER_FORGOT_WORDS),
    "console:quarantine": Row(ITEM_PAGES, NOT_SO),
    "console:quarantine_all": Row(NOT_SO, MANAGER_FORGOT_WORDS),
    "console:quarantine_decide": Row(NOT_SO, MANAGER_ON_ONE, {"number": 9_999}),
    "console:providers": Row(MANAGER, NOT_SO),
    "console:provider_grant": Row(NOT_SO, MANAGER_ON_ONE, {"provider_id": 9_999}),
    "console:provider_refuse": Row(NOT_SO, MANAGER_ON_ONE, {"provider_id": 9_999}),
    "console:provider_suspend": Row(NOT_SO, MANAGER_ON_ONE, {"provider_id": 9_999}),
    "console:provider_let_back": Row(NOT_SO, MANAGER_ON_ONE, {"provider_id": 9_999}),
    # Kept by administrators.
    "console:people": Row(ADMINISTRATOR, NOT_SO),
    "console:invite": Row(NOT_SO, ADMINISTRATOR_FORGOT_WORDS),
    "console:renew_link": Row(NOT_SO, ADMINISTRATOR_ON_ONE, {"username": "nobody"}),
    "console:forget": Row(NOT_SO, ADMINISTRATOR_GOES_ON, NOBODY),
    "console:deactivate": Row(NOT_SO, ADMINISTRATOR_ON_ONE, NOBODY),
    "console:keys": Row(ADMINISTRATOR, NOT_SO),
    "console:make_party": Row(NOT_SO, ADMINISTRATOR_FORGOT_WORDS),
    "console:issue_key": Row(ADMINISTRATOR_ON_ONE, ADMINISTRATOR_ON_ONE, {"party_id": 9_999}),
    "console:revoke_key": Row(NOT_SO, ADMINISTRATOR_GOES_ON, {"key_id": "tk_nothing"}),
    "console:key_terms": Row(ADMINISTRATOR_ON_ONE, ADMINISTRATOR_ON_ONE, {"key_id": "tk_nothing"}),
    "console:let_key_go_on": Row(NOT_SO, ADMINISTRATOR_ON_ONE, {"key_id": "tk_nothing"}),
    "console:add_harmless": Row(NOT_SO, ADMINISTRATOR_ON_ONE, {"key_id": "tk_nothing"}),
    "console:remove_harmless": Row(
        NOT_SO, ADMINISTRATOR_ON_ONE, {"key_id": "tk_nothing", "line_id": 9_999}
    ),
    "console:answer_unvetted": Row(NOT_SO, MANAGER_ON_ONE, {"number": 9_999}),
    # For everybody who is in.
    "console:lists": Row(staff(200, READERS_OF_LISTS), NOT_SO),
    "console:entry": Row(ONE_ITEM, NOT_SO, {"entry_id": 999}),
    "console:me": Row(STAFF, STAFF),
    "console:set_language": Row(NOT_SO, staff(422)),
    # Where corrections are sent.
    "console:exchanges": Row(SYSTEM, NOT_SO),
    "console:exchange_try": Row(NOT_SO, staff(404, KEEPERS), {"slug": "nothing"}),
    "console:exchange_votes": Row(NOT_SO, MANAGER_ON_ONE, {"slug": "nothing"}),
    "console:exchange_members": Row(NOT_SO, MANAGER_FORGOT_WORDS, {"slug": "nothing"}),
    "console:exchange_vote": Row(NOT_SO, SYSTEM_GOES_ON, {"vote_id": 9_999}),
    "console:intake": Row(TAKES_IN, NOT_SO),
    "console:intake_paste": Row(NOT_SO, staff(422, TAKERS_IN)),
    "console:intake_batch": Row(staff(404, TAKERS_IN), NOT_SO, {"batch_id": 9_999}),
    "console:intake_export": Row(NOT_SO, staff(404, TAKERS_IN), {"batch_id": 9_999}),
    "console:intake_deal": Row(NOT_SO, staff(302, TAKERS_IN), {"line_id": 9_999}),
    "console:iccam": Row(SYSTEM, NOT_SO),
    "console:iccam_try": Row(NOT_SO, SYSTEM_GOES_ON),
    "console:iccam_revive": Row(NOT_SO, SYSTEM_GOES_ON, {"step_id": 9_999}),
    "console:iccam_pass_over": Row(NOT_SO, manager(302), {"step_id": 9_999}),
    "console:webhooks": Row(SYSTEM, NOT_SO),
    "console:webhook": Row(ADMINISTRATOR_ON_ONE, ADMINISTRATOR_ON_ONE, {"party_id": 9_999}),
    "console:webhook_resend": Row(NOT_SO, SYSTEM_GOES_ON, {"party_id": 9_999}),
    # The machine's own state.
    "console:system": Row(SYSTEM, NOT_SO),
    "console:verify_audit": Row(NOT_SO, SYSTEM),
    "console:revive_letter": Row(NOT_SO, SYSTEM_GOES_ON, {"letter_id": 9_999}),
    "console:revive_message": Row(
        NOT_SO, SYSTEM_GOES_ON, {"message_id": "00000000-0000-0000-0000-000000000000"}
    ),
    # The provider's pages know no staff: everybody is a stranger there, sent to the way in.
    "provider:join": Row(OPEN, WRONG_FORM),
    "provider:confirm": Row(GONE, GONE, {"secret": "guessed"}),
    "provider:ask": Row(OPEN, WRONG_FORM),
    "provider:enter": Row(GONE, GONE, {"secret": "guessed"}),
    "provider:leave": Row(NOT_SO, SENT_ON),
    "provider:page": Row(SENT_ON, NOT_SO),
    "provider:prove": Row(NOT_SO, SENT_ON),
    "provider:try_key": Row(NOT_SO, SENT_ON),
    "provider:live_key": Row(NOT_SO, SENT_ON),
    "provider:revoke": Row(NOT_SO, SENT_ON, {"key_id": "tk_nothing"}),
    "provider:canaries": Row(SENT_ON, NOT_SO),
    "provider:apply": Row(NOT_SO, SENT_ON),
    # Log-in. A link nobody was given is 410 for everybody.
    "console:welcome": Row(GONE, GONE, {"secret": "guessed"}),
    "account_login": Row({**SENT_ON, None: 200}, {**SENT_ON, None: 200}),
    "account_logout": Row({**OPEN, None: 302}, SENT_ON),
    "account_inactive": Row(OPEN, NOT_SO),
    "account_reauthenticate": Row(STAFF, STAFF),
    "account_change_password": Row(STAFF, STAFF),
    "usersessions_list": Row(STAFF, GOES_ON),
    "mfa_authenticate": Row(GOES_ON, GOES_ON),
    "mfa_reauthenticate": Row(STAFF, STAFF),
    "mfa_activate_totp": Row(GOES_ON, GOES_ON),
    "mfa_view_recovery_codes": Row(staff(404), staff(405)),
    "mfa_generate_recovery_codes": Row(GOES_ON, GOES_ON),
}
