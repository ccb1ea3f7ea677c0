from django.apps import AppConfig


class ReportersConfig(AppConfig):
    name = "tocsin.domain.reporters"
    label = "reporters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.reporters import due

        due.register()
