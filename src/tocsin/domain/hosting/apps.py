from django.apps import AppConfig


class HostingConfig(AppConfig):
    name = "tocsin.domain.hosting"
    label = "hosting"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.hosting import due

        due.register()
