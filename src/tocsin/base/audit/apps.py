from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "tocsin.base.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.base.audit import due

        due.register()
