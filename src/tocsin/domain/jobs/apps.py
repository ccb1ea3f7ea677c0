from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "tocsin.domain.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.jobs import due

        due.register()
