"""Addresses somebody outside has named cannot make us call what is inside."""

import pytest

from tests.base.egress.peer import Handler, Outside, serving
from tocsin.base.egress import (
    PUBLIC,
    Egress,
    EgressError,
    RefusedAddress,
    TooManyRedirects,
    Unreachable,
    configured_peer,
)
from tocsin.engine.addresses import UnusableAddress

OPEN, OTHER_OPEN = "93.184.215.14", "8.8.8.8"


def egress(outside: Outside) -> Egress:
    return Egress(resolve=outside.resolve, dial=outside.dial)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1/", "not_public"),
        ("http://0x7f.1/", "not_public"),
        ("http://2130706433/", "not_public"),
        ("http://0/", "not_public"),
        ("http://[::1]/", "not_public"),
        ("http://[::]/", "not_public"),
        ("http://[::ffff:10.0.0.1]/", "not_public"),
        ("http://[64:ff9b::a9fe:a9fe]/", "not_public"),
        ("http://[2002:7f00:1::]/", "not_public"),
        ("http://[fd00::1]/", "not_public"),
        ("http://169.254.169.254/latest/meta-data/", "not_public"),
        ("http://open.example:8080/", "port"),
        ("http://open.example:22/", "port"),
        ("ftp://open.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://open.example/", "scheme"),
        ("http://user:pass@open.example/", "userinfo"),
        ("http://open.example@127.0.0.1/", "userinfo"),
        ("http://open.example\\@127.0.0.1/", "userinfo"),
        ("http://open.example/\r\nHost: inside", "characters"),
        ("http://abcdefghij.onion/", "onion"),
        ("http://[fe80::1%25eth0]/", "host"),
    ],
)
def test_an_address_is_refused_before_anything_is_sent(url: str, reason: str) -> None:
    outside = Outside(names={"open.example": [[OPEN]]})
    with pytest.raises(RefusedAddress) as refused:
        egress(outside).request("GET", url, policy=PUBLIC)
    assert refused.value.reason == reason
    assert outside.dialled == []


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.0.0.1", "192.168.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["64:ff9b::7f00:1"],
    ],
)
def test_a_name_that_leads_inside_is_refused(answers: list[str]) -> None:
    outside = Outside(names={"inside.example": [answers]})
    with pytest.raises(RefusedAddress, match="not_public"):
        egress(outside).request("GET", "http://inside.example/", policy=PUBLIC)
    assert outside.dialled == []


@pytest.mark.parametrize("answers", [[], ["not an address"]])
def test_a_name_without_addresses_is_unreachable(answers: list[str]) -> None:
    outside = Outside(names={"empty.example": [answers]})
    with pytest.raises(Unreachable, match="no_such_name"):
        egress(outside).request("GET", "http://empty.example/", policy=PUBLIC)


def test_a_name_nobody_knows_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="no_such_name"):
        egress(Outside()).request("GET", "http://gone.example/", policy=PUBLIC)


@pytest.mark.server
def test_a_name_that_changes_its_answer_is_called_where_it_was_checked() -> None:
    with serving(lambda request: request.give(body=b"here")) as peer:
        outside = Outside(names={"turn.example": [[OPEN], ["127.0.0.1"]]}, port=peer.port)
        answer = egress(outside).request("GET", "http://turn.example/", policy=PUBLIC)
    assert answer.address == OPEN
    assert outside.dialled == [(OPEN, 80)]
    assert outside.asked == ["turn.example"]


@pytest.mark.server
def test_of_several_addresses_only_public_ones_are_called() -> None:
    with serving(lambda request: request.give()) as peer:
        outside = Outside(
            names={"mixed.example": [["127.0.0.1", OPEN, "10.0.0.1", OTHER_OPEN]]},
            port=peer.port,
            dead={OPEN},
        )
        answer = egress(outside).request("GET", "http://mixed.example/", policy=PUBLIC)
    assert outside.dialled == [(OPEN, 80), (OTHER_OPEN, 80)]
    assert answer.address == OTHER_OPEN


@pytest.mark.server
@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1/", "not_public"),
        ("http://169.254.169.254/latest/", "not_public"),
        ("//[::1]/", "not_public"),
        ("http://inside.example/", "not_public"),
        ("http://open.example:6379/", "port"),
        ("ftp://open.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("http://user@open.example/", "userinfo"),
        ("http://[half/", "host"),
    ],
)
def test_a_redirect_inside_is_refused(location: str, reason: str) -> None:
    with serving(lambda request: request.give(302, Location=location)) as peer:
        outside = Outside(
            names={"open.example": [[OPEN]], "inside.example": [["10.0.0.1"]]}, port=peer.port
        )
        with pytest.raises(RefusedAddress) as refused:
            egress(outside).request("GET", "http://open.example/", policy=PUBLIC)
    assert refused.value.reason == reason
    assert outside.dialled == [(OPEN, 80)]


@pytest.mark.server
def test_each_hop_is_looked_up_again_and_checked_again() -> None:
    with serving(lambda request: request.give(302, Location="/again")) as peer:
        outside = Outside(names={"turn.example": [[OPEN], ["127.0.0.1"]]}, port=peer.port)
        with pytest.raises(RefusedAddress, match="not_public"):
            egress(outside).request("GET", "http://turn.example/", policy=PUBLIC)
    assert outside.asked == ["turn.example", "turn.example"]
    assert outside.dialled == [(OPEN, 80)]


@pytest.mark.server
def test_redirects_without_end_are_given_up() -> None:
    with serving(lambda request: request.give(302, Location="/again")) as peer:
        outside = Outside(names={"round.example": [[OPEN]]}, port=peer.port)
        with pytest.raises(TooManyRedirects):
            egress(outside).request("GET", "http://round.example/", policy=PUBLIC)
    assert len(peer.seen) == PUBLIC.max_redirects + 1


@pytest.mark.server
def test_keys_do_not_travel_to_another_host() -> None:
    def reply(request: Handler) -> None:
        if request.path == "/start":
            request.give(302, Location="/same")
        elif request.path == "/same":
            request.give(302, Location="http://other.example/end")
        else:
            request.give()

    with serving(reply) as peer:
        outside = Outside(
            names={"open.example": [[OPEN]], "other.example": [[OTHER_OPEN]]}, port=peer.port
        )
        egress(outside).request(
            "GET",
            "http://open.example/start",
            policy=PUBLIC,
            headers={"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Accept": "a/b"},
        )
    assert [seen.headers.get("authorization") for seen in peer.seen] == ["Bearer s3cret"] * 2 + [
        None
    ]
    assert "s3cret" not in str(peer.seen[2].headers)
    assert peer.seen[2].headers["accept"] == "a/b"
    assert peer.seen[2].headers["host"] == "other.example"


@pytest.mark.server
@pytest.mark.parametrize("status", [307, 308])
def test_what_we_send_is_not_handed_on_to_another_host(status: int) -> None:
    with serving(lambda request: request.give(status, Location="http://other.example/")) as peer:
        outside = Outside(
            names={"open.example": [[OPEN]], "other.example": [[OTHER_OPEN]]}, port=peer.port
        )
        with pytest.raises(RefusedAddress, match="body_to_other_site"):
            egress(outside).request(
                "POST", "http://open.example/", content=b"fingerprints", policy=PUBLIC
            )
    assert outside.dialled == [(OPEN, 80)]


@pytest.mark.server
def test_a_post_that_is_sent_on_becomes_a_get_without_its_body() -> None:
    def reply(request: Handler) -> None:
        request.give(303 if request.command == "POST" else 200, Location="/done")

    with serving(reply) as peer:
        Egress().request(
            "POST",
            peer.url,
            content=b"x",
            headers={"Content-Type": "text/plain"},
            policy=configured_peer(peer.url),
        )
    assert [(seen.method, seen.body) for seen in peer.seen] == [("POST", b"x"), ("GET", b"")]
    assert "content-type" not in peer.seen[1].headers


@pytest.mark.server
def test_a_configured_peer_may_lie_on_loopback_and_redirect_to_itself() -> None:
    def reply(request: Handler) -> None:
        if request.path == "/a":
            request.give(301, Location="/b?c=1#d")
        else:
            request.give(body=b"done")

    with serving(reply) as peer:
        answer = Egress().request("GET", peer.url + "/a", policy=configured_peer(peer.url))
        assert (answer.status, answer.body) == (200, b"done")
        assert answer.final_url == peer.url + "/b?c=1"
        assert answer.address == "127.0.0.1"


@pytest.mark.server
def test_a_configured_peer_is_that_scheme_host_and_port_and_no_other() -> None:
    with serving(lambda request: request.give()) as peer, serving(lambda r: r.give()) as other:
        policy = configured_peer(peer.url + "/some/path")
        for url in (
            other.url,
            f"http://localhost:{peer.port}/",
            f"https://127.0.0.1:{peer.port}/",
            "http://open.example/",
        ):
            with pytest.raises(RefusedAddress, match="other_site"):
                Egress().request("GET", url, policy=policy)
        assert peer.seen == other.seen == []


@pytest.mark.server
def test_a_configured_peer_cannot_send_us_elsewhere() -> None:
    with serving(lambda request: request.give(body=b"inside")) as other:
        reply = lambda request: request.give(302, Location=other.url)  # noqa: E731
        with serving(reply) as peer, pytest.raises(RefusedAddress, match="other_site"):
            Egress().request("GET", peer.url, policy=configured_peer(peer.url))
        assert other.seen == []


def test_a_wrong_address_in_the_configuration_shows_at_once() -> None:
    with pytest.raises(UnusableAddress):
        configured_peer("tocsin.example:8000")


def test_no_error_says_which_address_it_was_about() -> None:
    outside = Outside(names={"private-name.example": [["10.0.0.1"]]})
    for url in ("http://private-name.example/", "http://private-name.test/", "ftp://private-name/"):
        with pytest.raises(EgressError) as failed:
            egress(outside).request("GET", url, policy=PUBLIC)
        assert "private-name" not in f"{failed.value!r}{failed.value}{failed.value.__cause__}"
