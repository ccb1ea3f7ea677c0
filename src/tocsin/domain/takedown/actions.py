"""Writing: make notices, climb the ladder, hear of letters and hosters, take notices back."""

from tocsin.domain.takedown.answers import (
    note_appeal_decided,
    note_opened,
    reply,
    say,
    use_contact,
)
from tocsin.domain.takedown.climbing import (
    climb,
    make_notice,
    note_back,
    note_held,
    note_moved,
    note_released,
    note_removed,
)
from tocsin.domain.takedown.keeping import keep_office, remove_office, set_ladder
from tocsin.domain.takedown.moving import skip_numbers
from tocsin.domain.takedown.notices import (
    note_bounced,
    note_dead,
    note_delivered,
    note_seen_again,
    note_sent,
    send_waiting,
    still_waiting,
    take_back,
)
from tocsin.domain.takedown.stopping import go_on, stop
from tocsin.domain.takedown.writing import NOTICE, PURPOSES, REMINDER, REPLY, WITHDRAWAL

__all__ = [
    "NOTICE",
    "PURPOSES",
    "REMINDER",
    "REPLY",
    "WITHDRAWAL",
    "climb",
    "go_on",
    "keep_office",
    "make_notice",
    "note_appeal_decided",
    "note_back",
    "note_bounced",
    "note_dead",
    "note_delivered",
    "note_held",
    "note_moved",
    "note_opened",
    "note_released",
    "note_removed",
    "note_seen_again",
    "note_sent",
    "remove_office",
    "reply",
    "say",
    "send_waiting",
    "set_ladder",
    "skip_numbers",
    "still_waiting",
    "stop",
    "take_back",
    "use_contact",
]
