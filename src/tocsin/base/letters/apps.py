from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "tocsin.base.letters"
    label = "letters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.base.letters import due

        due.register()
