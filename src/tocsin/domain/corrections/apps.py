from django.apps import AppConfig


class CorrectionsConfig(AppConfig):
    name = "tocsin.domain.corrections"
    label = "corrections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.corrections import due

        due.register()
