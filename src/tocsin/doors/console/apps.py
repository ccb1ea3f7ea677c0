from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "tocsin.doors.console"
    label = "console"

    def ready(self) -> None:
        from tocsin.doors.console import failures, login

        failures.connect()
        login.connect()
