"""Addresses of the public's pages. The language stands in the address; nothing else does."""

from django.urls import path, register_converter

from tocsin.doors.public import receipts, reporting, views


class Language:
    """One of the languages the pages speak."""

    regex = "en|nl|fr"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Language, "language")

app_name = "public"
urlpatterns = [
    path("report", views.choose, name="choose"),
    path("<language:language>/", views.front, name="front"),
    path("<language:language>/report", reporting.report, name="report"),
    path("<language:language>/report/draft", reporting.draft, name="draft"),
    path("<language:language>/receipt", receipts.receipt, name="receipt"),
    path("<language:language>/leave", reporting.leave, name="leave"),
]
