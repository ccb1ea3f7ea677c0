from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "tocsin.domain.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.reports import due

        due.register()
