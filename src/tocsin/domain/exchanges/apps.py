from django.apps import AppConfig


class ExchangesConfig(AppConfig):
    name = "tocsin.domain.exchanges"
    label = "exchanges"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.exchanges import due

        due.register()
