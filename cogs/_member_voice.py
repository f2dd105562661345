"""MemberVoice: what one member may speak with in one guild, and the change of it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from luna_tts import LunaError, TTSService, VoiceInfo
from luna_tts.errors import UnknownSpeaker, UnknownStyle, UnknownVoice

from ._choices import Choice, choose, may_use
from ._errors import VoiceNotAllowed
from ._store import MemberSettings, Store

_OF_THE_VOICE: Final = ("speaker", "style", "style_weight")
TUNED: Final = ("voice", *_OF_THE_VOICE)
MANNER: Final = ("written", "length_scale", "pitch_scale", "intonation_scale", "volume")
"""The fields of `MemberSettings` that shape how a member sounds."""

WRITTEN: Final = {"ja": "日本語", "ko": "한국어", "en": "English", "zh": "中文"}
"""What a member may mean where the script leaves it open, and how it is shown."""
NUMBERS: Final = {
    "speed": ("length_scale", 0.5, 2.0),
    "pitch": ("pitch_scale", 0.5, 2.0),
    "intonation": ("intonation_scale", 0.0, 2.0),
    "volume": ("volume", 0.0, 2.0),
    "style_weight": ("style_weight", 0.0, 20.0),
}
"""What members call it -> the field of `MemberSettings`, and the least and the most they may give.

Speed is what members think in: 2 = twice as fast, a `length_scale` of 0.5.
"""


@dataclass(frozen=True, slots=True)
class MemberVoice:
    """For /voice, /settings and everything that speaks for somebody."""

    service: TTSService
    store: Store
    guild_id: int
    member_id: int
    roles: Collection[int]

    async def settings(self) -> MemberSettings:
        """What the member has chosen."""
        return await self.store.member(self.guild_id, self.member_id)

    async def be_given_one(self) -> None:
        """The first time that somebody is heard who has chosen no voice: it may be their own."""
        kept, guild = await self.settings(), await self.store.guild(self.guild_id)
        if guild.distinct_voices and kept.voice is None and kept.newcomer is None:
            await self.store.number_newcomer(self.guild_id, self.member_id)

    async def choice(self, **changes: Any) -> Choice:
        """How the member sounds, or would sound with `changes` of the settings."""
        kept = await self.settings()
        return choose(
            await self.store.guild(self.guild_id),
            replace(kept, **_with_own_style(kept, changes)),
            self.roles,
            self._loaded(),
            self.service.voice,
        )

    async def usable(self) -> list[VoiceInfo]:
        """The voices that the member may choose, loaded or not."""
        guild = await self.store.guild(self.guild_id)
        infos = [status.info for status in self.service.catalogue()]
        return [info for info in infos if info and may_use(guild, info.name, self.roles)]

    async def take(self, changes: Mapping[str, Any]) -> None:
        """Checks everything, loads the voice if it must, and only then writes.

        Raises `UnknownVoice`, `VoiceNotAllowed`, `UnknownSpeaker`, `UnknownStyle`, and what loading
        and writing raise.
        """
        changes = dict(changes)
        info = await self.load(changes.get("voice"))
        check_part_of(info, changes)
        if any(changes.get(name) is not None for name in _OF_THE_VOICE):
            changes["voice"] = info.name  # they mean nothing without it
        changes = _with_own_style(await self.settings(), changes)
        await self.store.update_member(self.guild_id, self.member_id, **changes)

    async def load(self, name: str | None) -> VoiceInfo:
        """The voice `name`, which is loaded now; `None` = the one that the member has.

        If that cannot be loaded, it is the one that speaks instead of it.
        """
        if name is None:
            if missed := (await self.choice()).missed:
                with contextlib.suppress(LunaError):
                    await self.service.load(missed)
            name = (await self.choice()).voice
        else:
            await self.check(name)
        if name not in self._loaded():
            await self.service.load(name)
        return self._loaded()[name]

    async def in_question(self, typed: str | None) -> VoiceInfo:
        """The voice `typed` so far if there is one, else the member's own; loads nothing."""
        usable = {info.name: info for info in await self.usable()}
        choice = await self.choice()
        known = usable.get(typed or "") or usable.get(choice.missed or "")
        return known or self._loaded()[choice.voice]

    async def check(self, name: str) -> None:
        """Raises `UnknownVoice`, or `VoiceNotAllowed`, if the member may not choose it."""
        usable = [info.name for info in await self.usable()]
        if name in usable:
            return
        if any(status.name == name and status.info for status in self.service.catalogue()):
            raise VoiceNotAllowed(name)
        raise UnknownVoice(name, usable)

    def _loaded(self) -> dict[str, VoiceInfo]:
        return {info.name: info for info in self.service.voices()}


async def own_choice(service: TTSService, store: Store, guild_id: int) -> Choice:
    """How Luna herself sounds in a guild: as the guild does."""
    guild = replace(await store.guild(guild_id), newcomer_voice=None)
    loaded = {info.name: info for info in service.voices()}
    return choose(guild, MemberSettings(), (), loaded, service.voice)


def _with_own_style(kept: MemberSettings, changes: Mapping[str, Any]) -> dict[str, Any]:
    """`changes`, which also let go of the old voice's speaker and style if the voice changes."""
    if changes.get("voice", kept.voice) == kept.voice:
        return dict(changes)
    return {**dict.fromkeys(_OF_THE_VOICE), **changes}


def check_part_of(info: VoiceInfo, changes: Mapping[str, Any]) -> None:
    """Raises `UnknownSpeaker` or `UnknownStyle` for what the voice does not have."""
    speaker, style = changes.get("speaker"), changes.get("style")
    if speaker is not None and speaker not in info.speakers:
        raise UnknownSpeaker(speaker, info.speakers)
    if style is not None and style not in info.styles:
        raise UnknownStyle(style, info.styles)


def described(choice: Choice, info: VoiceInfo) -> dict[str, str]:
    """What a member reads of how they sound."""
    numbers = {key: getattr(choice.options, name) for key, (name, _, _) in NUMBERS.items()}
    numbers["speed"] = 1 / (numbers["speed"] or 1.0)
    return {
        "voice": choice.voice,
        "speaker": str(choice.options.speaker or info.speakers[0]),
        "style": choice.options.style or info.styles[0],
        "language": WRITTEN.get(choice.options.language or "", "auto"),
        **{key: f"{1.0 if value is None else value:.3g}" for key, value in numbers.items()},
    }
