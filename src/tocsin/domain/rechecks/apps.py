from django.apps import AppConfig


class RechecksConfig(AppConfig):
    name = "tocsin.domain.rechecks"
    label = "rechecks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.rechecks import due

        due.register()
