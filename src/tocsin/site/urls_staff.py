"""Addresses of the staff. Of allauth only the pages that are used here."""

from allauth.account import views as account
from allauth.mfa.recovery_codes import views as recovery
from django.urls import include, path

from tocsin.doors.console import codes
from tocsin.doors.console.permissions import entered
from tocsin.doors.console.views import account as own
from tocsin.doors.console.views.front import front

urlpatterns = [
    path("", front, name="front"),
    path("console/", include("tocsin.doors.console.urls")),
    path("account/login", account.login, name="account_login"),
    path("account/logout", account.logout, name="account_logout"),
    path("account/inactive", account.account_inactive, name="account_inactive"),
    path("account/again", account.reauthenticate, name="account_reauthenticate"),
    path("account/password", entered(account.password_change), name="account_change_password"),
    path("account/sessions", entered(own.Sessions.as_view()), name="usersessions_list"),
    path("account/code", codes.EnterCode.as_view(), name="mfa_authenticate"),
    path("account/code-again", codes.EnterCodeAgain.as_view(), name="mfa_reauthenticate"),
    path("account/authenticator", own.SetUpSecondFactor.as_view(), name="mfa_activate_totp"),
    path(
        "account/recovery-codes",
        entered(recovery.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/recovery-codes/new",
        entered(own.NewRecoveryCodes.as_view()),
        name="mfa_generate_recovery_codes",
    ),
]
