from django.apps import AppConfig


class PublicPagesConfig(AppConfig):
    name = "tocsin.doors.public"
    label = "public_pages"
