"""Strip what a channel's address keeps secret from words that are kept or shown: an answer may quote it."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

HIDDEN = "…"
SHORTEST = 4  # characters: a shorter path or option is a word
NAMED = re.compile(  # where it says itself what it is
    r"(?i)\b(key|access_?token|token|sign|signature|secret|timestamp|pass(?:word|wd)?)(\s*[=:]\s*|%3D)[^\s&\"',;，；）)]+"
)
HOOK = re.compile(r"(?i)\bhook/[^\s\"',;，；）)]+")
ADDRESS = re.compile(r"\w+://\S+|[^\s\"'<>]+@[^\s\"'<>]+")


def secrets_of(url: str) -> list[str]:
    """User, password, token, path and options of a channel's address, as they are written and as they are meant."""
    return sorted({one for found in _found(url) for one in (found, unquote(found))}, key=len, reverse=True)


def without(secrets: Collection[str], words: str) -> str:
    """The words with … in the place of addresses and of these, in whatever letters and encoding."""
    shown = ADDRESS.sub(HIDDEN, words)
    shown = NAMED.sub(lambda found: f"{found[1]}{found[2]}{HIDDEN}", shown)
    shown = HOOK.sub(f"hook/{HIDDEN}", shown)
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            for written in (secret, quote(secret, safe=""), quote_plus(secret)):
                shown = re.sub(re.escape(written), HIDDEN, shown, flags=re.IGNORECASE)
    return shown


def _found(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        user, _, host = parts.netloc.rpartition("@")
    except ValueError:
        return
    yield from user.split(":")
    if "." not in host and host.partition(":")[0] != "localhost":
        yield host.partition(":")[0]  # a token in the host's place
    yield from parts.path.split("/")
    yield from (value for name, value in parse_qsl(parts.query) if name not in ("base", "to", "from", "mode"))
