"""What can go wrong on the Discord side, as data. Its sentences are in locale/*.toml, [errors]."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from luna_tts import LunaError


class NotInVoice(LunaError):
    """The caller is in no voice channel."""

    def __init__(self) -> None:
        super().__init__("the caller is in no voice channel")


class NotConnected(LunaError):
    """Luna is in no voice channel of this server."""

    def __init__(self) -> None:
        super().__init__("the bot is in no voice channel of this server")


class NothingToSkip(LunaError):
    """Nothing is being spoken."""

    def __init__(self) -> None:
        super().__init__("nothing is being spoken")


class NotPaused(LunaError):
    """There is no pause that could end."""

    def __init__(self) -> None:
        super().__init__("the bot is not paused")


class MissingPermissions(LunaError):
    """The bot lacks permissions in a voice channel; `permissions` are their API names."""

    def __init__(self, permissions: Sequence[str], channel: str) -> None:
        super().__init__(
            f"missing in {channel}: {', '.join(permissions)}",
            permissions=tuple(permissions),
            channel=channel,
        )


class NotAllowed(LunaError):
    """The caller lacks a permission in this server; `permissions` holds its API name."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"the caller lacks {permission}", permissions=(permission,))


class OwnerOnly(LunaError):
    """It concerns the whole process, so that only the bot's owner may do it."""

    def __init__(self) -> None:
        super().__init__("only the owner of the bot may do this")


class TimedOut(LunaError):
    """A moderator gave the bot a time-out, during which it may not join."""

    def __init__(self) -> None:
        super().__init__("the bot is timed out in this server")


class ChannelFull(LunaError):
    """The voice channel has as many members as its limit allows."""

    def __init__(self, channel: str, limit: int) -> None:
        super().__init__(f"{channel} is full ({limit})", channel=channel, limit=limit)


class AfkChannel(LunaError):
    """The voice channel is the one where Discord lets nobody speak."""

    def __init__(self, channel: str) -> None:
        super().__init__(f"{channel} is the AFK channel", channel=channel)


class NotLetSpeak(LunaError):
    """Luna is in a voice channel where she is not heard."""

    def __init__(self, channel: str) -> None:
        super().__init__(f"nobody lets the bot speak in {channel}", channel=channel)


class VoiceUnreachable(LunaError):
    """Discord did not complete the voice connection."""

    def __init__(self, channel: str) -> None:
        super().__init__(f"no voice connection to {channel}", channel=channel)


class VoiceOutdated(LunaError):
    """Discord's voice does not take what is installed here; `code` is its close code."""

    def __init__(self, code: int) -> None:
        super().__init__(
            f"Discord refused the voice connection (close code {code}): update this bot with "
            "`pip install --upgrade 'discord.py[voice]' davey`",
            code=code,
        )


class VoiceInUse(LunaError):
    """Another part of the host bot holds the one voice connection that a server allows."""

    def __init__(self) -> None:
        super().__init__("another part of this bot is using the voice connection of this server")


class NotBeingRead(LunaError):
    """A message neither sounds nor waits for its turn."""

    def __init__(self) -> None:
        super().__init__("the message is neither being read nor waiting")


class TooHasty(LunaError):
    """The caller asks more often than one member may; `seconds` until they may again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many commands; again in {seconds:.0f} s", seconds=ceil(seconds))


class ServerTooHasty(TooHasty):
    """So does the whole server."""


class QueueFull(LunaError):
    """As many utterances wait as may wait."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} utterances are waiting already", limit=limit)


class MemberQueueFull(QueueFull):
    """As many utterances of this member wait as may be theirs."""


class VoiceNotAllowed(LunaError):
    """The admins keep this voice from the caller."""

    def __init__(self, voice: str) -> None:
        super().__init__(f"the voice {voice!r} may not be used by this member here", voice=voice)


class VoiceStumbled(LunaError):
    """A voice failed while it spoke; the embedded one speaks instead of it for a while."""

    def __init__(self, voice: str) -> None:
        super().__init__(
            f"the voice {voice!r} failed: the built-in one speaks until it works again", voice=voice
        )


class VoiceTooSlow(LunaError):
    """A voice takes longer to make than to hear; the embedded one speaks instead for a while."""

    def __init__(self, voice: str) -> None:
        super().__init__(
            f"the voice {voice!r} is slower than speech on this machine: the built-in one speaks "
            "until it is quick enough",
            voice=voice,
        )


class NoFavourites(LunaError):
    """The caller has no favourite voice that may be used here."""

    def __init__(self) -> None:
        super().__init__("the caller has no favourite voices here")


class InvalidSetup(LunaError):
    """A file holds no set-up of a server; `part` names what is wrong."""

    def __init__(self, part: str) -> None:
        super().__init__(f"the set-up file has a faulty part: {part}", part=part)


class NotListed(LunaError):
    """A list of the guild's settings has no such entry."""

    def __init__(self, entry: str) -> None:
        super().__init__("the list has no such entry", entry=entry)


class ForbiddenWord(LunaError):
    """A text holds one of the words that are never spoken in this guild."""

    def __init__(self) -> None:
        super().__init__("a word of this text is never spoken in this guild")


class InvalidTemplate(LunaError):
    """What is said before a message has no place for the name, or braces besides."""

    def __init__(self, template: str) -> None:
        super().__init__("the template needs {name} once and no other braces", template=template)


class UnknownTimeZone(LunaError):
    """There is no time zone of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no time zone {name!r}", name=name)


class UnknownWord(LunaError):
    """The dictionary has no such word."""

    def __init__(self, surface: str) -> None:
        super().__init__("the dictionary has no such word", surface=surface)


class VoiceLibraryMissing(LunaError):
    """discord.py was installed without what its voice needs."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"Discord voice needs {package}: run `pip install 'discord.py[voice]'`",
            package=package,
        )


class OpusMissing(LunaError):
    """No libopus was found, without which nothing can be sent."""

    def __init__(self, tried: Sequence[str]) -> None:
        super().__init__(
            f"no Opus library could be loaded (tried {', '.join(tried)}): "
            "run `pip install opuslib-next-bundled` or `apt install libopus0`, "
            "or put the path of a libopus into LUNA_OPUS_LIBRARY",
            tried=tuple(tried),
        )


class CommandClash(LunaError):
    """The host bot has a command of that name already."""

    def __init__(self, command: str) -> None:
        super().__init__(
            f"this bot has a command /{command} already: "
            "set LUNA_GROUP=luna to have Luna's commands as /luna " + command,
            command=command,
        )
