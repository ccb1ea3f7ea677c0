from django.apps import AppConfig


class ProviderPagesConfig(AppConfig):
    name = "tocsin.doors.provider"
    label = "provider_pages"
