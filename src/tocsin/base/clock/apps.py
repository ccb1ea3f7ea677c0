from django.apps import AppConfig


class ClockConfig(AppConfig):
    name = "tocsin.base.clock"
    label = "clock"
    default_auto_field = "django.db.models.BigAutoField"
