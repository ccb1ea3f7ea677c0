"""Addresses of the console. GET shows, POST changes."""

from django.urls import path, register_converter

from tocsin.doors.console.numbers import AppealNumber, ItemNumber, NoticeNumber, RowNumber
from tocsin.doors.console.views import (
    account,
    appeals,
    desk,
    exchanges,
    floods,
    front,
    hosters,
    keys,
    lists,
    notices,
    observed,
    people,
    quarantine,
    system,
    webhooks,
)

register_converter(AppealNumber, "appeal")
register_converter(ItemNumber, "item")
register_converter(NoticeNumber, "notice")
register_converter(RowNumber, "row")

app_name = "console"
urlpatterns = [
    path("", front.start, name="start"),
    path("welcome/<str:secret>", account.welcome, name="welcome"),
    path("items/", desk.queue, name="queue"),
    path("items/follows", observed.follows, name="follows"),
    path("items/<item:number>", desk.item, name="item"),
    path("items/<item:number>/take", desk.take, name="take"),
    path("items/<item:number>/give-back", desk.give_back, name="give_back"),
    path("items/<item:number>/assess", desk.assess, name="assess"),
    path("items/<item:number>/agree", desk.agree, name="agree"),
    path("items/<item:number>/correct", desk.correct, name="correct"),
    path("notices/", notices.notices, name="notices"),
    path("notices/<notice:number>", notices.notice, name="notice"),
    path("appeals/", appeals.appeals, name="appeals"),
    path("appeals/new", appeals.open_appeal, name="appeal_new"),
    path("appeals/<appeal:number>", appeals.appeal, name="appeal"),
    path("appeals/<appeal:number>/take", appeals.take, name="appeal_take"),
    path("appeals/<appeal:number>/give-back", appeals.give_back, name="appeal_give_back"),
    path("appeals/<appeal:number>/decide", appeals.decide, name="appeal_decide"),
    path("floods/", floods.floods, name="floods"),
    path("floods/<row:flood_id>/decide", floods.decide, name="flood_decide"),
    path("hosters/", hosters.hosters, name="hosters"),
    path("hosters/new", hosters.add, name="hoster_new"),
    path("hosters/<row:hoster_id>", hosters.change, name="hoster"),
    path("hosters/<row:hoster_id>/remove", hosters.remove, name="hoster_remove"),
    path("lists/", lists.lists, name="lists"),
    path("lists/entries/<row:entry_id>", lists.entry, name="entry"),
    path("lists/quarantine", quarantine.quarantine, name="quarantine"),
    path("lists/quarantine/all", quarantine.decide_all, name="quarantine_all"),
    path("lists/quarantine/<row:number>", quarantine.decide, name="quarantine_decide"),
    path("people/", people.people, name="people"),
    path("people/invite", people.invite, name="invite"),
    path("people/<str:username>/link", people.renew_link, name="renew_link"),
    path("people/<row:person_id>/authenticator", people.forget_authenticator, name="forget"),
    path("people/<row:person_id>/deactivate", people.deactivate, name="deactivate"),
    path("keys/", keys.keys, name="keys"),
    path("keys/parties", keys.make_party, name="make_party"),
    path("keys/parties/<row:party_id>/new", keys.issue, name="issue_key"),
    path("keys/<str:key_id>/revoke", keys.revoke, name="revoke_key"),
    path("keys/<str:key_id>/terms", keys.terms, name="key_terms"),
    path("keys/<str:key_id>/go-on", keys.let_go_on, name="let_key_go_on"),
    path("keys/<str:key_id>/harmless", keys.add_harmless, name="add_harmless"),
    path(
        "keys/<str:key_id>/harmless/<row:line_id>/remove",
        keys.remove_harmless,
        name="remove_harmless",
    ),
    path("exchanges/", exchanges.exchanges, name="exchanges"),
    path("exchanges/<slug:slug>/try", exchanges.try_now, name="exchange_try"),
    path("exchanges/votes/<row:vote_id>", exchanges.revive_vote, name="exchange_vote"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/<row:party_id>", webhooks.webhook, name="webhook"),
    path("webhooks/<row:party_id>/resend", webhooks.resend, name="webhook_resend"),
    path("system/", system.system, name="system"),
    path("system/audit", system.verify_audit, name="verify_audit"),
    path("system/letters/<row:letter_id>/revive", system.revive_letter, name="revive_letter"),
    path("system/messages/<uuid:message_id>/revive", system.revive_message, name="revive_message"),
    path("me/", account.me, name="me"),
    path("me/language", account.set_language, name="set_language"),
]
