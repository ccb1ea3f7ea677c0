from django.apps import AppConfig


class HostersConfig(AppConfig):
    name = "tocsin.domain.hosters"
    label = "hosters"
    default_auto_field = "django.db.models.BigAutoField"
