"""Who gets what at every address Django answers: not logged in, analyst, manager, administrator.

Whoever adds an address adds its row here; a test fails until they do. The numbers in the addresses
belong to nothing, so 404 means: was let in, found nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

LOGIN = "log in"
"""Sent to the log-in page."""

Answer: TypeAlias = int | str
Answers: TypeAlias = tuple[Answer, Answer, Answer, Answer]

# Not logged in, analyst, manager, administrator.
NOT_SO: Answers = (405, 405, 405, 405)
OPEN: Answers = (200, 200, 200, 200)
WRONG_FORM: Answers = (422, 422, 422, 422)
SENT_ON: Answers = (302, 302, 302, 302)
STAFF: Answers = (LOGIN, 200, 200, 200)
GOES_ON: Answers = (LOGIN, 302, 302, 302)
ITEM_PAGES: Answers = (LOGIN, 200, 200, 403)
ONE_ITEM: Answers = (LOGIN, 404, 404, 403)
MANAGER: Answers = (LOGIN, 403, 200, 403)
MANAGER_ON_ONE: Answers = (LOGIN, 403, 404, 403)
MANAGER_FORGOT_WORDS: Answers = (LOGIN, 403, 422, 403)
ADMINISTRATOR: Answers = (LOGIN, 403, 403, 200)
ADMINISTRATOR_ON_ONE: Answers = (LOGIN, 403, 403, 404)
ADMINISTRATOR_GOES_ON: Answers = (LOGIN, 403, 403, 302)
ADMINISTRATOR_FORGOT_WORDS: Answers = (LOGIN, 403, 403, 422)
SYSTEM: Answers = (LOGIN, 403, 200, 200)
SYSTEM_GOES_ON: Answers = (LOGIN, 403, 302, 302)


@dataclass(frozen=True, slots=True)
class Row:
    """One address: how it is filled in, and what GET and POST answer to each of the four."""

    get: Answers
    post: Answers
    arguments: Mapping[str, object] = field(default_factory=dict)


ITEM = {"number": "T-2026-000001"}
NOTICE = {"number": "N-2026-000001"}
NOBODY = {"person_id": 9_999}
APPEAL = {"number": "A-2026-000001"}

TABLE: dict[str, Row] = {
    "front": Row(OPEN, NOT_SO),
    "set_language": Row((302, 302, 302, 302), (302, 302, 302, 302)),
    # The analyst's desk. An administrator sees no items.
    "console:start": Row(GOES_ON, GOES_ON),
    "console:queue": Row(ITEM_PAGES, NOT_SO),
    "console:item": Row(ONE_ITEM, NOT_SO, ITEM),
    "console:follows": Row(ITEM_PAGES, NOT_SO),
    "console:take": Row(NOT_SO, ONE_ITEM, ITEM),
    "console:give_back": Row(NOT_SO, ONE_ITEM, ITEM),
    "console:assess": Row(NOT_SO, ONE_ITEM, ITEM),
    "console:agree": Row(NOT_SO, ONE_ITEM, ITEM),
    "console:correct": Row(NOT_SO, MANAGER_ON_ONE, ITEM),
    "console:notices": Row(ITEM_PAGES, NOT_SO),
    "console:notice": Row(ONE_ITEM, NOT_SO, NOTICE),
    # What providers say is wrong, and what suddenly matches everywhere: managers decide.
    "console:appeals": Row(ITEM_PAGES, NOT_SO),
    "console:appeal_new": Row(ITEM_PAGES, ITEM_PAGES),
    "console:appeal": Row(ONE_ITEM, NOT_SO, APPEAL),
    "console:appeal_take": Row(NOT_SO, MANAGER_ON_ONE, APPEAL),
    "console:appeal_give_back": Row(NOT_SO, MANAGER_ON_ONE, APPEAL),
    "console:appeal_decide": Row(NOT_SO, MANAGER_ON_ONE, APPEAL),
    "console:holds": Row(ITEM_PAGES, NOT_SO),
    "console:let_count": Row(NOT_SO, MANAGER_ON_ONE, {"entry_id": 9_999}),
    "console:floods": Row(ITEM_PAGES, NOT_SO),
    "console:flood_decide": Row(NOT_SO, MANAGER_ON_ONE, {"flood_id": 9_999}),
    # Kept by managers.
    "console:hosters": Row(MANAGER, NOT_SO),
    "console:hoster_new": Row(MANAGER, MANAGER),
    "console:hoster": Row(MANAGER_ON_ONE, MANAGER_ON_ONE, {"hoster_id": 9_999}),
    "console:hoster_remove": Row(NOT_SO, MANAGER_ON_ONE, {"hoster_id": 9_999}),
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
    "console:lists": Row(STAFF, NOT_SO),
    "console:entry": Row(ONE_ITEM, NOT_SO, {"entry_id": 999}),
    "console:me": Row(STAFF, STAFF),
    "console:set_language": Row(NOT_SO, (LOGIN, 422, 422, 422)),
    # Where corrections are sent.
    "console:exchanges": Row(SYSTEM, NOT_SO),
    "console:exchange_try": Row(NOT_SO, (LOGIN, 403, 404, 404), {"slug": "nothing"}),
    "console:exchange_votes": Row(NOT_SO, MANAGER_ON_ONE, {"slug": "nothing"}),
    "console:exchange_vote": Row(NOT_SO, SYSTEM_GOES_ON, {"vote_id": 9_999}),
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
    # The provider's pages know no staff: all four are strangers there, sent to the way in.
    "provider:join": Row(OPEN, WRONG_FORM),
    "provider:confirm": Row((410, 410, 410, 410), (410, 410, 410, 410), {"secret": "guessed"}),
    "provider:ask": Row(OPEN, WRONG_FORM),
    "provider:enter": Row((410, 410, 410, 410), (410, 410, 410, 410), {"secret": "guessed"}),
    "provider:leave": Row(NOT_SO, SENT_ON),
    "provider:page": Row(SENT_ON, NOT_SO),
    "provider:prove": Row(NOT_SO, SENT_ON),
    "provider:try_key": Row(NOT_SO, SENT_ON),
    "provider:live_key": Row(NOT_SO, SENT_ON),
    "provider:revoke": Row(NOT_SO, SENT_ON, {"key_id": "tk_nothing"}),
    "provider:canaries": Row(SENT_ON, NOT_SO),
    "provider:apply": Row(NOT_SO, SENT_ON),
    # Log-in. A link nobody was given is 410 for everybody.
    "console:welcome": Row((410, 410, 410, 410), (410, 410, 410, 410), {"secret": "guessed"}),
    "account_login": Row((200, 302, 302, 302), (200, 302, 302, 302)),
    "account_logout": Row((302, 200, 200, 200), (302, 302, 302, 302)),
    "account_inactive": Row(OPEN, NOT_SO),
    "account_reauthenticate": Row(STAFF, STAFF),
    "account_change_password": Row(STAFF, STAFF),
    "usersessions_list": Row(STAFF, GOES_ON),
    "mfa_authenticate": Row((LOGIN, 302, 302, 302), (LOGIN, 302, 302, 302)),
    "mfa_reauthenticate": Row(STAFF, STAFF),
    "mfa_activate_totp": Row(GOES_ON, GOES_ON),
    "mfa_view_recovery_codes": Row((LOGIN, 404, 404, 404), (LOGIN, 405, 405, 405)),
    "mfa_generate_recovery_codes": Row(GOES_ON, GOES_ON),
}
