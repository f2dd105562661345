"""What people in a guild do: talk, use commands, come and go in voice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .cdn import Upload
from .messages import HAS_SNAPSHOT, POLL_RESULT, VOICE_MESSAGE, Message
from .world import Channel, Member, VoiceState, timestamp

if TYPE_CHECKING:
    from .interaction import Interaction


class Writer(Member):
    """Whoever can write: a person, another bot, a webhook."""

    async def send(
        self,
        channel: Channel,
        content: str = "",
        *,
        reply_to: Message | None = None,
        files: Iterable[Upload] = (),
        **more: Any,
    ) -> Message:
        """Write a message; `more` are fields of `Message`."""
        new_id = self.guild.world.snowflakes.next()
        if stored := [self.guild.world.cdn.keep(channel.id, file) for file in files]:
            more["attachments"] = stored
        if reply_to is not None:
            more["reference"] = reply_to
        message = Message(new_id, channel, self, content, **more)
        return self.guild.add_message(message)

    async def edit(self, message: Message, content: str) -> None:
        """Change one of one's messages."""
        message.content = content
        message.edited_at = timestamp()
        self.guild.emit("MESSAGE_UPDATE", message.payload())

    async def delete(self, message: Message) -> None:
        """Delete a message."""
        message.delete()
        ids = {"id": message.id, "channel_id": message.channel.id, "guild_id": self.guild.id}
        self.guild.emit("MESSAGE_DELETE", {key: str(value) for key, value in ids.items()})

    async def purge(self, channel: Channel, messages: Iterable[Message]) -> None:
        """Delete many messages at once."""
        gone = list(messages)
        for message in gone:
            message.delete()
        ids = {"channel_id": str(channel.id), "guild_id": str(self.guild.id)}
        self.guild.emit("MESSAGE_DELETE_BULK", {**ids, "ids": [str(one.id) for one in gone]})

    async def forward(self, channel: Channel, message: Message) -> Message:
        """Pass a message on."""
        return await self.send(channel, forwards=message, flags=HAS_SNAPSHOT)

    async def send_voice_message(self, channel: Channel) -> Message:
        """Speak into Discord's recorder."""
        sound = Upload("voice-message.ogg", b"OggS")
        about = {"duration_secs": 1.5, "waveform": "AAAA"}
        stored = self.guild.world.cdn.keep(channel.id, sound, **about)
        return await self.send(channel, attachments=[stored], flags=VOICE_MESSAGE)

    async def end_poll(self, message: Message) -> Message:
        """The time of a vote is over: Discord tells the result in its author's name."""
        assert message.poll is not None, "there is no poll in it"
        return await self.send(
            message.channel,
            system=POLL_RESULT,
            reference=message,
            embeds=[message.poll.result()],
        )


class Human(Writer):
    """A person; everything here reaches the bot as gateway events."""

    async def join(self, channel: Channel) -> None:
        """Enter a voice channel, or move there."""
        self.voice = VoiceState(channel, session_id=f"human-{self.id}")
        self._tell_voice()

    async def move(self, channel: Channel) -> None:
        """Go to another voice channel."""
        await self.join(channel)

    async def leave(self) -> None:
        """Leave voice."""
        self.voice = None
        self._tell_voice()

    async def command(
        self, name: str, where: Channel | None = None, /, **options: Any
    ) -> Interaction:
        """Use a chat-input command, "group sub" for a subcommand; options by their names.

        It is used in `where`, else in the first text channel. Values are str, int, float, bool,
        Member, Channel, Role or Upload; a choice goes by its name or its value. What Discord's
        client would not let a person send is an AssertionError.
        """
        return self.guild.world.interactions.use(self, name, options, where)

    async def autocomplete(
        self, name: str, focused: str, where: Channel | None = None, /, **options: Any
    ) -> Interaction:
        """Type into an option with autocompletion; `await i.suggestions()` has the choices."""
        return self.guild.world.interactions.use(self, name, options, where, focused=focused)

    async def context_menu(self, name: str, target: Member | Message) -> Interaction:
        """Use a user or message command."""
        return self.guild.world.interactions.use_menu(self, name, target)

    async def press(self, message: Message, label: str) -> Interaction:
        """Press the button of a message that carries a label (or a custom id)."""
        return self.guild.world.interactions.press(self, message, label)

    async def select(self, message: Message, *values: Any, menu: str | None = None) -> Interaction:
        """Choose in a select menu, the first or the one with that placeholder or custom id.

        Values are labels or values of a string select, else Member, Role or Channel.
        """
        return self.guild.world.interactions.select(self, message, values, menu)

    async def submit(self, opened_by: Interaction, /, **fields: Any) -> Interaction:
        """Fill in and send the modal that an interaction was answered with.

        A text input takes a str, a select menu in a modal a sequence as `select` does.
        """
        return self.guild.world.interactions.submit(self, opened_by, fields)

    def _tell_voice(self) -> None:
        self.guild.emit("VOICE_STATE_UPDATE", self.voice_payload())
        self.guild.world.changes.notify()
