from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    name = "tocsin.domain.receipts"
    label = "receipts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.receipts import due

        due.register()
