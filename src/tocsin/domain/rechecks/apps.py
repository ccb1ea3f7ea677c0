from django.apps import AppConfig


class RechecksConfig(AppConfig):
    name = "tocsin.domain.rechecks"
    label = "rechecks"
    default_auto_field = "django.db.models.BigAutoField"
