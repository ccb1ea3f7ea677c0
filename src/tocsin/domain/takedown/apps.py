from django.apps import AppConfig


class TakedownConfig(AppConfig):
    name = "tocsin.domain.takedown"
    label = "takedown"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.takedown import due

        due.register()
