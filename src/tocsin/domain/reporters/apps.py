from django.apps import AppConfig


class ReportersConfig(AppConfig):
    name = "tocsin.domain.reporters"
    label = "reporters"
    default_auto_field = "django.db.models.BigAutoField"
