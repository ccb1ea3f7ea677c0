"""Addresses of the provider's pages. GET shows, POST changes."""

from django.urls import path

from tocsin.doors.provider import entering, joining, views

app_name = "provider"
urlpatterns = [
    path("join", joining.join, name="join"),
    path("join/<str:secret>", joining.confirm, name="confirm"),
    path("provider/enter", entering.ask, name="ask"),
    path("provider/enter/<str:secret>", entering.enter, name="enter"),
    path("provider/leave", entering.leave, name="leave"),
    path("provider/", views.page, name="page"),
    path("provider/proof", views.prove, name="prove"),
    path("provider/keys/try", views.try_key, name="try_key"),
    path("provider/keys/live", views.live_key, name="live_key"),
    path("provider/keys/<str:key_id>/revoke", views.revoke, name="revoke"),
    path("provider/canaries.zip", views.canaries, name="canaries"),
    path("provider/apply", views.apply, name="apply"),
]
