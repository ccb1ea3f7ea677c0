from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "tocsin.domain.matching"
    label = "matching"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.matching import due

        due.register()
