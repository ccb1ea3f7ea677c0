"""RFC 9497, A.1.2: the test vectors of ristretto255-SHA512 in the verifiable mode."""

from __future__ import annotations

from dataclasses import dataclass

SEED = bytes.fromhex("a3" * 32)
KEY_INFO = b"test key"
SECRET = bytes.fromhex("e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909")
PUBLIC = bytes.fromhex("c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e")

_A_INPUT, _B_INPUT = "00", "5a" * 17
_BLIND = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
_RANDOM = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"
_A_ELEMENT = "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"
_A_EVALUATED = "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"
_A_OUTPUT = (
    "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
    "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"
)
_B_OUTPUT = (
    "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
    "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"
)


@dataclass(frozen=True, slots=True)
class Vector:
    """One test vector; tuples hold a value for each input of the batch."""

    inputs: tuple[bytes, ...]
    blinds: tuple[bytes, ...]
    elements: tuple[bytes, ...]
    evaluated: tuple[bytes, ...]
    proof: bytes
    random: bytes
    outputs: tuple[bytes, ...]


def _vector(
    *,
    inputs: str,
    blinds: str,
    elements: str,
    evaluated: str,
    proof: str,
    random: str,
    outputs: str,
) -> Vector:
    def some(text: str) -> tuple[bytes, ...]:
        return tuple(bytes.fromhex(one) for one in text.split(","))

    return Vector(
        some(inputs),
        some(blinds),
        some(elements),
        some(evaluated),
        bytes.fromhex(proof),
        bytes.fromhex(random),
        some(outputs),
    )


VECTORS = (
    _vector(
        inputs=_A_INPUT,
        blinds=_BLIND,
        elements=_A_ELEMENT,
        evaluated=_A_EVALUATED,
        proof="ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
        "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
        random=_RANDOM,
        outputs=_A_OUTPUT,
    ),
    _vector(
        inputs=_B_INPUT,
        blinds=_BLIND,
        elements="cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
        evaluated="60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
        proof="401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
        "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
        random=_RANDOM,
        outputs=_B_OUTPUT,
    ),
    _vector(
        inputs=f"{_A_INPUT},{_B_INPUT}",
        blinds=f"{_BLIND},{_RANDOM}",
        elements=f"{_A_ELEMENT},90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
        evaluated=f"{_A_EVALUATED},cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
        proof="cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
        "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
        random="419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
        outputs=f"{_A_OUTPUT},{_B_OUTPUT}",
    ),
)
