from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "tocsin.domain.referrals"
    label = "referrals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tocsin.domain.referrals import due

        due.register()
