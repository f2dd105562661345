"""Links in words: the site where it is known, never the address. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from ._markup_reading import LINK, Kind, Reading

_PATH: Final = r"(?:(?<=[/=_(])(?![をはがのにでもとっへ見])[^\s<>!-~、。！？「」（）]+[!-;=?-~]*)*"
"""Other letters than ASCII go on with a path, but are a text behind the end of one."""
_ADDRESS: Final = r"(?<![A-Za-z])(?:[A-Za-z][A-Za-z0-9+.-]{1,20}://(?:[!-;=?-~]+|[^\s<>]+)" + _PATH
_WITHOUT_SCHEME: Final = (
    r"(?:www\.[A-Za-z0-9-]+\.|(?:discord\.gg|dsc\.gg|discord(?:app)?\.com/(?:invite|channels)|"
    r"youtu\.be|x\.com)/)[!-;=?-~]+)"
)
_URL: Final = re.compile(f"<?{_ADDRESS}|{_WITHOUT_SCHEME}>?", re.IGNORECASE)
_MASKED: Final = re.compile(
    r"\[([^\[\]]+)\]\(<?[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s()<>]+(?:\([^\s()<>]*\))?[^\s()<>]*>?"
    r"(?: \"[^\"\n]*\")?\)"
)
_HOST: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/@?#]*@)?([^/:?#]+)")
_MESSAGE: Final = re.compile(r"discord(?:app)?\.com/channels/")
_INVITE: Final = re.compile(r"(?:discord\.gg|dsc\.gg|discord(?:app)?\.com/invite)/")
_AFTER: Final = re.compile(r"[.,:;!?'\"`*_~|\]}]+\Z")
_SEVERAL: Final = re.compile(rf"[{LINK}](?:\s*[{LINK}])+")


def name_links(text: str, reading: Reading) -> str:
    """`text` with words for its links; the text of masked ones is kept, several are counted."""

    def replace(match: re.Match[str]) -> str:
        address, after = _split(match[0])
        return _phrase(address.strip("<>").lower(), reading) + after

    def count(match: re.Match[str]) -> str:
        number = len(re.sub(r"\s", "", match[0]))
        return reading.say("links", Kind.LINK, count=number)

    return _SEVERAL.sub(count, _URL.sub(replace, _MASKED.sub(r"\1", text)))


def _split(found: str) -> tuple[str, str]:
    """An address, and the marks behind it that are not of it."""
    if found[0] == "<" and found[-1] == ">":
        return found, ""
    address = _AFTER.sub("", found)
    closing = len(address) - len(address.rstrip(")"))
    end = len(address) - max(0, min(closing, address.count(")") - address.count("(")))
    return found[:end], found[end:]


def _phrase(address: str, reading: Reading) -> str:
    if _INVITE.search(address):
        return reading.say("invite", Kind.LINK)
    if _MESSAGE.search(address):
        return reading.say("message_link", Kind.LINK)
    host = _HOST.match(address)
    site = _site(host[1]) if host else None
    if site is None:
        return reading.say("url", Kind.LINK)
    return reading.say("site", Kind.LINK, site=site[reading.language])


def _site(host: str) -> Mapping[str, str] | None:
    """The site of a host or of a domain above it: m.youtube.com is YouTube."""
    parts = host.split(".")[-4:]
    return next(
        filter(None, (_sites().get(".".join(parts[at:])) for at in range(len(parts)))), None
    )


@cache
def _sites() -> Mapping[str, Mapping[str, str]]:
    """Domain -> language -> how the site is called."""
    table = tomllib.loads(Path(__file__).with_name("_sites.toml").read_text(encoding="utf-8"))
    return {host: site for site in table["site"] for host in site["hosts"]}
