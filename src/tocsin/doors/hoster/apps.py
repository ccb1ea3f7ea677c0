from django.apps import AppConfig


class HosterPagesConfig(AppConfig):
    name = "tocsin.doors.hoster"
    label = "hoster_pages"
