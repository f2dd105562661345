"""Whose voice speaks, as far as the guild allows and the engine has it; and what is offered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final

from luna_tts import SynthesisOptions, VoiceInfo

from ._newcomers import give
from ._store import GuildSettings, MemberSettings

_NO_WORDS: Final = re.compile(r"https?://\S+|<[^<>\s]{1,100}>")
_WORD: Final = re.compile(
    r"[\u3400-\u9fff々〆]+|[A-Za-z][\w'-]*|[가-힣]+|[ァ-ヺー]+|[ぁ-ゖー]+", re.ASCII
)
_KANA: Final = re.compile(r"[ぁ-ゖァ-ヺー]+")
_LONGEST_TEXT: Final = 4000


@dataclass(frozen=True, slots=True)
class Choice:
    """How something is going to be said."""

    voice: str
    options: SynthesisOptions
    missed: str | None = None
    """The voice that was wanted and allowed, but is not loaded."""


def may_use(guild: GuildSettings, voice: str, roles: Collection[int]) -> bool:
    """Whether a member with `roles` may speak with `voice` in this guild."""
    if voice in guild.disabled_voices:
        return False
    wanted = guild.voice_roles.get(voice)
    return not wanted or not set(wanted).isdisjoint(roles)


def choose(
    guild: GuildSettings,
    member: MemberSettings,
    roles: Collection[int],
    loaded: Mapping[str, VoiceInfo],
    default: str,
) -> Choice:
    """The member's voice, else the one given to them, else the guild's, else `default`.

    `loaded` are the voices that can speak at once; if it is none of those, the first of them.
    What the voice that speaks does not have, a speaker or a style, is left to the voice, and
    languages to the other voices that the member may use; what could be several is in the member's
    language, else the guild's. The guild's own voice needs no role: somebody has to be heard.
    """
    choice = _chosen(guild, member, roles, loaded, default)
    spoken = set(loaded[choice.voice].languages)
    others = tuple(
        name
        for name, info in sorted(loaded.items(), key=itemgetter(0))
        if set(info.languages) - spoken and may_use(guild, name, roles)
    )
    language = member.written or guild.language
    options = replace(choice.options, language=language, other_voices=others or None)
    return replace(choice, options=options)


def _chosen(
    guild: GuildSettings,
    member: MemberSettings,
    roles: Collection[int],
    loaded: Mapping[str, VoiceInfo],
    default: str,
) -> Choice:
    wanted = [
        voice
        for voice in (member.voice, guild.newcomer_voice)
        if voice is not None and may_use(guild, voice, roles)
    ]
    candidates = [*wanted, *([guild.voice] if guild.voice else []), default]
    voice = next(name for name in (*candidates, *loaded) if name in loaded)
    missed = candidates[0] if candidates[0] != voice else None
    if member.voice is None and member.newcomer is not None and guild.distinct_voices:
        return _given(guild, member, roles, loaded, Choice(voice, SynthesisOptions(), missed))
    return Choice(voice, _options(member, loaded[voice], own=voice == member.voice), missed)


def _given(
    guild: GuildSettings,
    member: MemberSettings,
    roles: Collection[int],
    loaded: Mapping[str, VoiceInfo],
    common: Choice,
) -> Choice:
    """Another choice than the `common` one for each who has not chosen; their numbers go first."""
    chosen = guild.newcomer_voice or guild.voice
    others = () if chosen else [name for name in loaded if may_use(guild, name, roles)]
    gift = give(member.newcomer or 0, common.voice, loaded, others)
    options = _options(member, loaded[gift.voice], own=False)
    return replace(
        common,
        voice=gift.voice,
        options=replace(
            options,
            speaker=gift.speaker,
            style=gift.style,
            pitch_scale=gift.pitch_scale if member.pitch_scale is None else member.pitch_scale,
        ),
    )


def matching(typed: str, names: Iterable[str], first: Collection[str] = ()) -> list[str]:
    """What autocompletion offers for `typed`: at most 25, `first` before the others.

    Names that begin with it come before those that contain it; width and case do not matter.
    Discord refuses a choice of over 100 characters.
    """
    folded = _fold(typed)
    ranked = [
        (name not in first, not _fold(name).startswith(folded), place, name)
        for place, name in enumerate(names)
        if folded in _fold(name) and 0 < len(name) <= 100
    ]
    return [name for *_, name in sorted(ranked)[:25]]


def likely_word(text: str, known: Iterable[str]) -> str:
    """The word of a message whose reading somebody may want to set; "" where there is none.

    The first that `known` does not hold: names and kanji before words of kana alone, then emoji
    and whatever else stands there; links never.
    """
    held = {_fold(word) for word in known}
    plain = _NO_WORDS.sub(" ", unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]))
    found = [word for word in _WORD.findall(plain) if _fold(word) not in held]
    found.sort(key=lambda word: _KANA.fullmatch(word) is not None)
    return next(iter([*found, *plain.split()]), "")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _options(member: MemberSettings, info: VoiceInfo, *, own: bool) -> SynthesisOptions:
    """Speaker and style belong to the voice that was chosen with them; speed and pitch do not."""
    return SynthesisOptions(
        speaker=member.speaker if own and member.speaker in info.speakers else None,
        style=member.style if own and member.style in info.styles else None,
        style_weight=member.style_weight if own else None,
        length_scale=member.length_scale,
        pitch_scale=member.pitch_scale,
        intonation_scale=member.intonation_scale,
        volume=member.volume,
    )
