"""Addresses of the hoster's pages. GET shows no notice and changes nothing; POST does both."""

from django.urls import path

from tocsin.doors.hoster import views

app_name = "hoster"
urlpatterns = [
    path("notice/keys", views.keys, name="keys"),
    path("notice/signed", views.signed, name="signed"),
    path("notice/<str:secret>", views.notice, name="notice"),
]
