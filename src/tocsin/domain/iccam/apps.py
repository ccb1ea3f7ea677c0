from django.apps import AppConfig


class IccamConfig(AppConfig):
    name = "tocsin.domain.iccam"
    label = "iccam"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.iccam import due

        due.register()
