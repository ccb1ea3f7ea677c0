"""Asking registries: the registrations around an address, of a network's number, of a domain."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.domain.hosting import bootstrap, rdap
from tocsin.domain.hosting.means import Means, NoAnswer
from tocsin.domain.hosting.rdap import Autnum, Domain, IpAddress, Network, NotRdap

MOST_PARENTS = 4
# Blocks this wide are a registry's own, handed to it to be given out; nobody's server is its.
_REGISTRYS_OWN = {4: 8, 6: 16}


@dataclass(frozen=True, slots=True)
class Registered:
    """The registrations that hold an address, narrowest first; at least one."""

    networks: tuple[Network, ...]


def networks(means: Means, address: IpAddress) -> Registered:
    """The registrations around an address; raises NoAnswer where not even the first comes."""
    base = bootstrap.registries(means.renewed).of_address(address)
    if base is None:
        raise NoAnswer("no_registry")
    first = _network(means, f"{base}ip/{address}", address)
    found = [first]
    while found[-1].up and len(found) <= MOST_PARENTS:
        up = found[-1].up
        try:
            parent = _network(means, up if "://" in up else f"{base}ip/{up}", address)
        except NoAnswer:
            break  # the chain ends where it cannot be followed; what is known stands
        if parent.network.prefixlen >= found[-1].network.prefixlen or _is_registrys(parent):
            break
        found.append(parent)
    return Registered(tuple(found))


def autnum(means: Means, asn: int) -> Autnum:
    """The registration of a network's number; raises NoAnswer."""
    base = bootstrap.registries(means.renewed).of_asn(asn)
    if base is None:
        raise NoAnswer("no_registry")
    try:
        return rdap.read_autnum(_body(means, f"{base}autnum/{asn}"), asn)
    except NotRdap as error:
        raise NoAnswer(error.why) from None


def domain(means: Means, host: str) -> Domain:
    """The registration of the domain that a host name is under; raises NoAnswer.

    Which part of a name is registered is not written in it: two labels are asked for, then three.
    """
    base = bootstrap.registries(means.renewed).of_domain(host)
    if base is None:
        raise NoAnswer("no_registry")
    labels = host.split(".")
    why = "no_registry"
    for count in (2, 3):
        if len(labels) < count:
            break
        name = ".".join(labels[-count:])
        try:
            return rdap.read_domain(_body(means, f"{base}domain/{name}"), name)
        except NotRdap as error:
            why = error.why
        except NoAnswer as error:
            if error.why != "status":
                raise
            why = error.why
    raise NoAnswer(why)


def _network(means: Means, url: str, address: IpAddress) -> Network:
    try:
        return rdap.read_network(_body(means, url), address)
    except NotRdap as error:
        raise NoAnswer(error.why) from None


def _body(means: Means, url: str) -> bytes:
    reply = means.web.get(url)
    if reply.status != 200:
        raise NoAnswer("status")
    return reply.body


def _is_registrys(network: Network) -> bool:
    return network.network.prefixlen <= _REGISTRYS_OWN[network.network.version]
