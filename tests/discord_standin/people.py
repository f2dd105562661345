"""What people in a guild do: talk, use commands, come and go in voice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .cdn import Upload
from .world import Channel, Member, Message, VoiceState, timestamp

if TYPE_CHECKING:
    from .interaction import Interaction


class Human(Member):
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

    async def send(
        self,
        channel: Channel,
        content: str,
        *,
        reply_to: Message | None = None,
        files: Iterable[Upload] = (),
        **more: Any,
    ) -> Message:
        """Write a message; `more` are fields of `Message`."""
        new_id = self.guild.world.snowflakes.next()
        if stored := [self.guild.world.cdn.keep(channel.id, file) for file in files]:
            more["attachments"] = stored
        message = Message(new_id, channel, self, content, reference=reply_to, **more)
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
