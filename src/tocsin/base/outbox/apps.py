from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "tocsin.base.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.base.outbox import due

        due.register()
