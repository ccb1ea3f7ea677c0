from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "tocsin.domain.providers"
    label = "providers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.providers import due

        due.register()
