from django.apps import AppConfig


class PublicPagesConfig(AppConfig):
    name = "tocsin.doors.public"
    label = "public_pages"

    def ready(self) -> None:
        from tocsin.doors.public import failures

        failures.connect()
