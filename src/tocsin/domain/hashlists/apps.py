from django.apps import AppConfig


class HashlistsConfig(AppConfig):
    name = "tocsin.domain.hashlists"
    label = "hashlists"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.hashlists import due

        due.register()
