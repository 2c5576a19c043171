"""Golden values of the random numbers (tests/common/random.test.ts), by an implementation of its own: python3 tests/golden/philox.py

Philox4x32-10 as Salmon et al. 2011 describe it; its known answers are those of their Random123 library.
"""

import json
import math
import pathlib

MASK = 0xFFFFFFFF
KNOWN_ANSWERS = [
    ([0, 0, 0, 0], [0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([MASK] * 4, [MASK] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & MASK, (a >> 32) ^ c[3] ^ k[1], a & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def fnv1a(text):
    value = 0x811C9DC5
    for character in text:
        value = ((value ^ ord(character)) * 0x01000193) & MASK
    return value


class Stream:
    """Words of block after block, each block's last word first."""

    def __init__(self, seed, labels):
        text = "\0".join(f"{'s' if isinstance(label, str) else 'n'}{label}" for label in labels)
        self.key = [seed & MASK, seed >> 32]
        self.stream = [fnv1a(text), fnv1a(text + "\1")]
        self.block, self.words, self.spare = 0, [], None

    def word(self):
        if not self.words:
            self.words = philox([self.block & MASK, self.block >> 32, *self.stream], self.key)
            self.block += 1
        return self.words.pop()

    def uniform(self):
        high, low = self.word() >> 5, self.word() >> 6
        return (high * 2**26 + low) / 2**53

    def integer(self, count):
        return math.floor(self.uniform() * count)

    def normal(self):
        if self.spare is not None:
            value, self.spare = self.spare, None
            return value
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        angle = 2 * math.pi * self.uniform()
        self.spare = radius * math.sin(angle)
        return radius * math.cos(angle)

    def gumbel(self):
        return -math.log(max(-math.log1p(-self.uniform()), 1e-20))

    def shuffle(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.integer(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


NAMES = [(0, []), (7, ["order", 3]), (7, ["order", "3"]), (2**40 + 5, ["augment", 0, 12, 1]), (7, ["order", -1])]


def described(seed, labels):
    """Each kind of draw from a fresh stream of that name."""
    fresh = lambda: Stream(seed, labels)
    words, uniforms, integers, normals, gumbels = (fresh() for _ in range(5))
    return {
        "seed": seed,
        "labels": labels,
        "words": [words.word() for _ in range(10)],
        "uniforms": [uniforms.uniform() for _ in range(6)],
        "integers": [integers.integer(count) for count in (2, 3, 10, 1000, 2**31)],
        "normals": [normals.normal() for _ in range(5)],
        "gumbels": [gumbels.gumbel() for _ in range(5)],
        "shuffled": fresh().shuffle(range(8)),
    }


for counter, key, expected in KNOWN_ANSWERS:
    assert philox(counter, key) == expected
result = {
    "philox": [dict(counter=c, key=k, words=w) for c, k, w in KNOWN_ANSWERS],
    "hashes": {text: fnv1a(text) for text in ("", "a", "foobar")},
    "streams": [described(*name) for name in NAMES],
}
(pathlib.Path(__file__).parent / "philox.json").write_text(json.dumps(result))
