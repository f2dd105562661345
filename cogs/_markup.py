"""speakable(): what somebody wrote on Discord -> the words that are to be spoken. Pure.

The order of the rules matters: what hides other marks (code, spoilers) goes before what reveals
them, and every rule leaves plain words behind that later rules do not touch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import emoji

from luna_tts import UserDictionary

from ._chat_message import ChatMessage
from ._spoken import spoken

_CODE = re.compile(r"```.*?```", re.DOTALL)
_INLINE_CODE = re.compile(r"(`{1,2})([^`]+)\1")
_SPOILER = re.compile(r"\|\|.+?\|\|", re.DOTALL)
_MASKED_LINK = re.compile(r"\[([^\[\]]+)\]\(<?https?://[^\s()]+>?\)")
_URL = re.compile(r"<?https?://[^\s<>]+>?")
_CUSTOM_EMOJI = re.compile(r"<a?:(\w{1,32}):\d{15,22}>")
_COMMAND = re.compile(r"</([^:<>]{1,100}):\d{15,22}>")
_OTHER_TAG = re.compile(r"<(?:@[!&]?|#|t:|id:)[\w:-]+>")
_LINE_MARK = re.compile(r"^[ \t]*(?:>>> |> |-# |#{1,3} |[-*] )", re.MULTILINE)
_PAIRED_MARK = re.compile(
    r"(\*\*\*|\*\*|__|~~|(?<![0-9A-Za-z*])\*(?![\s*]))(?=\S)(.+?)(?<=\S)\1", re.DOTALL
)
_UNSPEAKABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200c\u200e\u200f\u202a-\u202e\ud800-\udfff]"
)
_SPACES = re.compile(r"[ \t]{2,}")
_EMOJI_DETAIL = re.compile(r"_[^_]*肌色|_[^_]*skin_tone|_[^_]*피부")


def speakable(
    message: ChatMessage | str,
    language: str,
    limit: int,
    words: UserDictionary | None = None,
    *,
    ng_words: Sequence[str] = (),
    ng_beep: bool = False,
) -> str:
    """What is spoken of `message`, in `language` ("ja", "ko" or "en"), at most about `limit`.

    Links, code and spoilers are named, never read; custom and unicode emoji are read by name, but
    those in `words` stay, for their reading; marks of Discord's markdown vanish. May be empty.
    Never raises, whatever the text.
    """

    def named(found: str, data: dict[str, str]) -> str:
        return found if words is not None and words.find(found) else _name(data, language)

    text = message if isinstance(message, str) else message.content
    emoji.config.load_language(language)  # reads the names once; costs nothing after that
    # A text that is far too long is cut first, so that no rule works on megabytes.
    text = text[: limit * 4]
    text = _UNSPEAKABLE.sub("", emoji.replace_emoji(text, named))
    text = _CODE.sub(f" {spoken('code', language)} ", text)
    text = _SPOILER.sub(f" {spoken('spoiler', language)} ", text)
    text = _INLINE_CODE.sub(r"\2", text)
    text = _MASKED_LINK.sub(r"\1", text)
    text = _URL.sub(f" {spoken('url', language)} ", text)
    text = _CUSTOM_EMOJI.sub(lambda match: f" {match[1].replace('_', ' ')} ", text)
    text = _COMMAND.sub(r" \1 ", text)
    text = _OTHER_TAG.sub(" ", text)
    text = _LINE_MARK.sub("", text)
    text = _PAIRED_MARK.sub(r"\2", text)
    text = _SPACES.sub(" ", text).strip()
    return text if len(text) <= limit else text[:limit].rstrip() + spoken("more", language)


def _name(data: dict[str, str], language: str) -> str:
    name = data.get(language, data["en"]).strip(":")
    return f" {_EMOJI_DETAIL.sub('', name).replace('_', ' ')} "
