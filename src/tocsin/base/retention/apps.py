from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "tocsin.base.retention"
    label = "retention"

    def ready(self) -> None:
        from tocsin.base.retention import due

        due.register()
