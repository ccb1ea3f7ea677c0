from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "tocsin.base.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.base.accounts import signals

        signals.connect()
