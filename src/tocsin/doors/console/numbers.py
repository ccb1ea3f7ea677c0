"""Numbers in addresses: of items and notices, and which page of many."""

from django.urls.converters import IntConverter


def page_number(asked: str | None) -> int:
    """The page asked for; the first when that is no number."""
    if asked and asked.isascii() and asked.isdigit() and len(asked) < 7:
        return max(int(asked), 1)
    return 1


class RowNumber(IntConverter):
    """A row's own number; one that no database can hold is no address at all (404)."""

    regex = "[0-9]{1,18}"


class _Number:
    regex = ""

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class ItemNumber(_Number):
    """`T-2026-000001`."""

    regex = r"T-[0-9]{4}-[0-9]{6,}"


class ItemAppealNumber(_Number):
    """`R-2026-000001`."""

    regex = r"R-[0-9]{4}-[0-9]{6,}"


class NoticeNumber(_Number):
    """`N-2026-000001`."""

    regex = r"N-[0-9]{4}-[0-9]{6,}"


class AppealNumber(_Number):
    """`A-2026-000001`."""

    regex = r"A-[0-9]{4}-[0-9]{6,}"
