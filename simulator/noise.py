"""Noise without state: the same arguments give the same value, in every process."""

from __future__ import annotations

from hashlib import blake2b
from itertools import accumulate
from random import Random

_MASK = (1 << 64) - 1
_RING_SIZE = 4096
_TEXTURE_COUNT = 64
_ONE = 1 << 16


def mix(*parts: int) -> int:
    """64 well-mixed bits of some integers."""
    bits = 0x9E3779B97F4A7C15
    for part in parts:
        bits = ((bits ^ (part & _MASK)) * 0xBF58476D1CE4E5B9) & _MASK
        bits = ((bits ^ (bits >> 30)) * 0x94D049BB133111EB) & _MASK
        bits ^= bits >> 31
    return bits


def unit(*parts: int) -> float:
    """A number in [0, 1) of some integers."""
    return (mix(*parts) >> 11) * 2.0**-53


def seed_of(text: str) -> int:
    """A 64-bit seed of a text; unlike ``hash`` it is the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def token(*parts: object, size: int = 15) -> str:
    """A key that looks random, of what it belongs to; two hex digits a byte."""
    return blake2b("/".join(map(str, parts)).encode(), digest_size=size).hexdigest()


def _ring(random: Random) -> tuple[float, ...]:
    return tuple(random.random() for _ in range(_RING_SIZE))


_RING = _ring(Random(20_240_521))


def drift(offset: int, instant: int, period_s: int) -> float:
    """A value in [0, 1) that wanders from knot to knot, ``period_s`` apart; by a table, as it is asked very often."""
    knot, rest = divmod(instant, period_s)
    # 1031 is prime to the ring's size: neighbours are strangers, and the ring repeats after days only.
    here = _RING[(offset + knot * 1031) & 4095]
    return here + (_RING[(offset + knot * 1031 + 1031) & 4095] - here) * rest / period_s


def _texture(random: Random) -> tuple[int, ...]:
    minutes = [random.uniform(0.1, 1.9) for _ in range(15)]
    reached = list(accumulate((minutes[second // 60] for second in range(900)), initial=0.0))
    return tuple(int(_ONE * value / reached[-1]) for value in reached[:-1])


TEXTURES = tuple(_texture(Random(seed)) for seed in range(_TEXTURE_COUNT))
"""Ways in which a quarter's people can come in: for each of its 900 seconds, the part so far in 65536ths."""


def pattern(weights: list[float], seed: int) -> tuple[tuple[int, ...], ...]:
    """Who of 256 in a row goes where: for each way, how many of the first n took it (n = 0 … 256).

    Unlike rounded shares, such counts never fall as n grows and always add up to n.
    """
    total = sum(weights)
    edges = [round(256 * part / total) for part in accumulate(weights, initial=0.0)]
    takers = [way for way in range(len(weights)) for _ in range(edges[way + 1] - edges[way])]
    Random(seed).shuffle(takers)
    return tuple(tuple(accumulate((taker == way for taker in takers), initial=0)) for way in range(len(weights)))


def taking(counts: tuple[int, ...], n: int) -> int:
    """How many of the first ``n`` take the way whose counts these are, over and over."""
    return (n >> 8) * counts[256] + counts[n & 255]
