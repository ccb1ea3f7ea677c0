from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "tocsin.domain.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.intake import due

        due.register()
