from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "tocsin.doors.console"
    label = "console"

    def ready(self) -> None:
        from tocsin.doors.console import login

        login.connect()
