"""The canonical form: the same page is the same text, and different pages are not."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.addresses import CanonicalUrl, UnusableAddress, canonical

SAME = [
    ("HTTP://Example.ORG/Path", "http://example.org/Path"),
    ("http://example.org", "http://example.org/"),
    ("http://example.org:80/", "http://example.org/"),
    ("https://example.org:443/", "https://example.org/"),
    ("https://example.org:/", "https://example.org/"),
    ("http://example.org:00080/", "http://example.org/"),
    ("http://example.org./a", "http://example.org/a"),
    ("http://example.org/a#top", "http://example.org/a"),
    ("http://example.org/a?", "http://example.org/a"),
    ("http://example.org/a?#", "http://example.org/a"),
    ("http://example.org/%7euser/%41", "http://example.org/~user/A"),
    ("http://example.org/a%2fb", "http://example.org/a%2Fb"),
    ("http://example.org/é", "http://example.org/%C3%A9"),
    ("http://example.org/a b", "http://example.org/a%20b"),
    ("http://example.org/100%", "http://example.org/100%25"),
    ("http://example.org/%%34%31", "http://example.org/%2541"),
    ("http://example.org/a/./b/../c", "http://example.org/a/c"),
    ("http://example.org/a/%2e%2E/c", "http://example.org/c"),
    ("http://example.org/../../c", "http://example.org/c"),
    ("http://example.org/a/..", "http://example.org/"),
    ("http://example.org/a/b/.", "http://example.org/a/b/"),
    ("http://example.org//a", "http://example.org//a"),
    ("http://example.org\t/a\r\n/b", "http://example.org/a/b"),
    ("  <https://example.org/a>\n", "https://example.org/a"),
    ("http://example.org/a\\b", "http://example.org/a/b"),
    ("http://example.org/?&a=1&&b=2&", "http://example.org/?a=1&b=2"),
    ("http://example.org/a?utm_source=x&id=3&UTM_Medium=y", "http://example.org/a?id=3"),
    ("http://example.org/a?fbclid=x&gclid=y&msclkid=z", "http://example.org/a"),
    ("http://example.org/a?ut%6D_source=x", "http://example.org/a"),
    ("http://example.org/a?b=2&a=1&b=1", "http://example.org/a?b=2&a=1&b=1"),
    ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
    ("http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/"),
    ("http://XN--bcher-kva.example/", "http://xn--bcher-kva.example/"),
    ("http://faß.example/", "http://xn--fa-hia.example/"),
    ("http://\U0001f408.example/", "http://xn--zn8h.example/"),
    ("http://example。org/", "http://example.org/"),
    ("http://my_site.example/", "http://my_site.example/"),
    ("hxxp://example[.]org/a", "http://example.org/a"),
    ("hXXps://example(dot)org/a[.]jpg", "https://example.org/a.jpg"),
    ("h**p[:]//example{.}org/", "http://example.org/"),
    ("https[://]example.org/", "https://example.org/"),
    ("http://example.org/a[.]jpg", "http://example.org/a[.]jpg"),
    ("http://example.org/#!abc!key", "http://example.org/#!abc!key"),
    ("http://example.org/#/album/3", "http://example.org/#/album/3"),
    ("http://example.org/#/", "http://example.org/"),
    ("http://example.org/#!", "http://example.org/"),
]


@pytest.mark.parametrize(("typed", "expected"), SAME)
def test_every_way_to_write_an_address_has_one_spelling(typed: str, expected: str) -> None:
    assert canonical(typed).text == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org/a", "http://example.org/A"),
        ("http://www.example.org/", "http://example.org/"),
        ("http://example.org/a/", "http://example.org/a"),
        ("http://example.org/a%2Fb", "http://example.org/a/b"),
        ("http://example.org/?a=1&b=2", "http://example.org/?b=2&a=1"),
        ("http://example.org:8080/", "http://example.org/"),
        ("http://example.org/?ref=1", "http://example.org/?ref=2"),
        ("http://example.org/#!one", "http://example.org/#!two"),
    ],
)
def test_pages_that_may_differ_stay_different_items(one: str, other: str) -> None:
    assert canonical(one).identity_key != canonical(other).identity_key


def test_http_and_https_of_one_page_are_one_item_with_two_texts() -> None:
    plain, secure = canonical("http://example.org/a"), canonical("https://example.org:443/a")
    assert plain.identity_key == secure.identity_key == "example.org/a"
    assert plain.text != secure.text


def test_another_port_is_another_item() -> None:
    odd = canonical("http://example.org:443/a")
    assert odd.identity_key == "example.org:443/a"
    assert odd.port == 443


def test_the_parts_are_given_beside_the_text() -> None:
    found = canonical("https://Bücher.example:8443/a")
    assert found == CanonicalUrl(
        text="https://xn--bcher-kva.example:8443/a",
        scheme="https",
        host="xn--bcher-kva.example",
        port=8443,
    )


def test_an_onion_address_is_accepted() -> None:
    name = "a" * 56 + ".onion"
    assert canonical(f"http://{name.upper()}/x").host == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "scheme"),
        ("example.org/a", "scheme"),
        ("ftp://example.org/", "scheme"),
        ("javascript://example.org/%0Aalert(1)", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("http:/example.org", "scheme"),
        ("http:\\\\example.org", "scheme"),
        ("http://", "host"),
        ("http:///a", "host"),
        ("http://.../", "host"),
        ("http://a..b/", "host"),
        ("http://exa mple.org/", "host"),
        ("http://ex%00ample.org/", "host"),
        ("http://ex%2fample.org/", "host"),
        ("http://*.example.org/", "host"),
        (f"http://{'a' * 64}.org/", "host"),
        (f"http://{'.'.join(['a' * 60] * 5)}/", "host"),
        ("http://xn--ü.example/", "host"),
        ("http://\u2260\ufffd.example/", "host"),
        ("http://user@example.org/", "userinfo"),
        ("http://user:pass@example.org/", "userinfo"),
        ("http://example.org@evil.example/", "userinfo"),
        ("http://example.org:0/", "port"),
        ("http://example.org:65536/", "port"),
        ("http://example.org:http/", "port"),
        ("http://example.org:٨٠/", "port"),
        ("http://example.org\\@evil.example/", "userinfo"),
        ("http://example.org\\.evil.example/", "characters"),
        ("http://example.org/\x00", "characters"),
        ("http://example.org/\x7f", "characters"),
        ("http://example.org/\ud800", "characters"),
        ("http://example.org/" + "a" * 8000, "length"),
        ("http://example.org/" + "é" * 4000, "length"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(typed: str, code: str) -> None:
    with pytest.raises(UnusableAddress) as refused:
        canonical(typed)
    assert refused.value.code == code
    assert str(refused.value).endswith(".")
    assert "example" not in str(refused.value)


def test_an_address_does_not_show_in_a_repr() -> None:
    assert "example" not in repr([canonical("http://example.org/secret")])


def test_an_address_survives_being_handed_to_another_process() -> None:
    found = canonical("http://example.org/a")
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301


_PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "%",
            "%2",
            "%41",
            "%25",
            "%2e",
            "%2E..",
            "..",
            ".",
            "/",
            "//",
            "?",
            "#",
            "&",
            "=",
            "utm_source=a",
            "#!",
            "#/",
            "\\",
            "@",
            ":",
            ":80",
            "[.]",
            "(dot)",
            "[::1]",
            "0x7f.1",
            "xn--",
            "é",
            "ß",
            "。",
            "\u200d",
            "\xad",
            "🐈",
        ]
    ),
)


@given(st.one_of(st.text(), st.lists(_PIECES, max_size=12).map("".join)), st.booleans())
def test_any_text_has_a_stable_form_or_is_refused(text: str, bare: bool) -> None:
    typed = text if bare else "http://a" + text
    try:
        found = canonical(typed)
    except UnusableAddress:
        return
    assert canonical(found.text) == found
    assert found.text.isascii()
    assert found.text.startswith(f"{found.scheme}://{found.host}")


@given(st.lists(_PIECES, min_size=1, max_size=6).map("".join))
def test_any_path_has_a_stable_form(path: str) -> None:
    try:
        found = canonical("https://example.org/" + path)
    except UnusableAddress:
        return
    assert canonical(found.text) == found
    assert found.host == "example.org"
