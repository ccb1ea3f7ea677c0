from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "tocsin.domain.visits"
    label = "visits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.visits import due

        due.register()
