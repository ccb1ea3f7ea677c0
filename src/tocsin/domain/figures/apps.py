from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "tocsin.domain.figures"
    label = "figures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.figures import due

        due.register()
