"""A small discord.py bot for the stand-in's own tests; it also does what a bot should not do."""

from __future__ import annotations

import asyncio
import io
import os
from importlib.util import find_spec
from pathlib import Path

import discord
from discord import app_commands

Interaction = discord.Interaction[discord.Client]


class More(discord.ui.View):
    """A button that changes its message."""

    @discord.ui.button(label="More")
    async def more(self, interaction: Interaction, button: discord.ui.Button[More]) -> None:
        """Answer a press."""
        await interaction.response.edit_message(content="more", view=None)


class Form(discord.ui.Modal, title="Form"):
    """A modal with one field."""

    word: discord.ui.TextInput[Form] = discord.ui.TextInput(label="Word")

    async def on_submit(self, interaction: Interaction) -> None:
        """Answer with the word."""
        await interaction.response.send_message(f"word: {self.word.value}")


class Ask(discord.ui.View):
    """A button whose answer is a form, which changes the message in the end."""

    @discord.ui.button(label="Word")
    async def word(self, interaction: Interaction, button: discord.ui.Button[Ask]) -> None:
        """Open the form."""
        await interaction.response.send_modal(Change())


class Change(discord.ui.Modal, title="Change"):
    """Two fields: one of 2 to 5 characters, one that may stay empty."""

    word: discord.ui.TextInput[Change] = discord.ui.TextInput(
        label="Word", custom_id="word", min_length=2, max_length=5
    )
    note: discord.ui.TextInput[Change] = discord.ui.TextInput(
        label="Note", required=False, style=discord.TextStyle.paragraph, default="as it was"
    )

    async def on_submit(self, interaction: Interaction) -> None:
        """Change the message from which the form was opened."""
        content = f"{self.word.value}: {self.note.value}"
        await interaction.response.edit_message(content=content)


class Menus(discord.ui.View):
    """A menu of each kind, each answered in another way."""

    @discord.ui.select(
        placeholder="Tea",
        max_values=2,
        options=[discord.SelectOption(label=name.title(), value=name) for name in ("green", "oat")],
    )
    async def tea(self, interaction: Interaction, menu: discord.ui.Select[Menus]) -> None:
        """Change the message."""
        await interaction.response.edit_message(content=" and ".join(menu.values))

    @discord.ui.select(cls=discord.ui.UserSelect, placeholder="Who")
    async def who(self, interaction: Interaction, menu: discord.ui.UserSelect[Menus]) -> None:
        """Acknowledge in silence, then tell the person something else."""
        await interaction.response.defer()
        await interaction.followup.send(f"user {menu.values[0].display_name}", ephemeral=True)

    @discord.ui.select(cls=discord.ui.RoleSelect, placeholder="Role")
    async def role(self, interaction: Interaction, menu: discord.ui.RoleSelect[Menus]) -> None:
        """Acknowledge in silence, then change the message."""
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"role {menu.values[0].name}")

    @discord.ui.select(
        cls=discord.ui.ChannelSelect, placeholder="Where", channel_types=[discord.ChannelType.voice]
    )
    async def where(self, interaction: Interaction, menu: discord.ui.ChannelSelect[Menus]) -> None:
        """Answer with a new message."""
        await interaction.response.send_message(f"channel {menu.values[0].name}", ephemeral=True)


class Answers(app_commands.Group, name="ask", description="Questions"):
    """Commands and the ways to answer them."""

    @app_commands.command(description="Say hello")
    async def hello(
        self, interaction: Interaction, name: str, times: app_commands.Range[int, 1, 3] = 1
    ) -> None:
        """Answer at once."""
        await interaction.response.send_message("hello " + name * times, ephemeral=True)

    @app_commands.command(description="Who is it")
    async def who(self, interaction: Interaction, member: discord.Member) -> None:
        """Answer after a defer."""
        await interaction.response.defer(ephemeral=True)
        await interaction.edit_original_response(content=member.display_name)

    @app_commands.command(description="Show a button")
    async def button(self, interaction: Interaction) -> None:
        """Answer with a button."""
        await interaction.response.send_message("press", view=More())

    @app_commands.command(description="Show a form")
    async def form(self, interaction: Interaction) -> None:
        """Answer with a modal."""
        await interaction.response.send_modal(Form())

    @app_commands.command(description="Show a button that asks")
    async def word(self, interaction: Interaction) -> None:
        """Answer the caller alone with a button."""
        await interaction.response.send_message("which?", view=Ask(), ephemeral=True)

    @app_commands.command(description="Show menus")
    async def menus(self, interaction: Interaction) -> None:
        """Answer the caller alone with menus."""
        await interaction.response.send_message("choose", view=Menus(), ephemeral=True)

    @app_commands.command(description="Turn a file round")
    async def turn(self, interaction: Interaction, file: discord.Attachment, how: str) -> None:
        """Answer with the file backwards, in each of the ways in which a file can be sent."""
        turned = discord.File(io.BytesIO((await file.read())[::-1]), f"turned-{file.filename}")
        if how == "reply":
            await interaction.response.send_message("turned", file=turned, ephemeral=True)
            return
        await interaction.response.defer(ephemeral=True)
        if how == "edit":
            await interaction.edit_original_response(content="turned", attachments=[turned])
        elif how == "channel" and isinstance(interaction.channel, discord.TextChannel):
            sent = await interaction.channel.send("turned", file=turned)
            more = discord.File(io.BytesIO(b"more"), "more")
            sent = await sent.edit(attachments=[*sent.attachments, more])
            await interaction.followup.send(
                "turned", files=[await a.to_file() for a in sent.attachments]
            )
        else:
            sent = await interaction.followup.send("turned", file=turned, wait=True)
            _log(f"sent {sent.attachments[0].filename} of {file.content_type}")

    @app_commands.command(description="Who the caller is")
    async def me(self, interaction: Interaction) -> None:
        """Answer with locales, permission and ownership."""
        about = await interaction.client.application_info()
        owners = about.team.members if about.team else [about.owner]
        facts = (interaction.locale.value, str(interaction.guild_locale))
        owner = interaction.user.id in {owner.id for owner in owners}
        manager = interaction.permissions.manage_guild
        await interaction.response.send_message(f"{facts} {manager=} {owner=}")

    @app_commands.command(description="Colours")
    async def colour(self, interaction: Interaction, name: str) -> None:
        """Answer what was completed."""
        await interaction.response.send_message(name)

    @colour.autocomplete("name")
    async def colours(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Complete a colour."""
        names = [name for name in ("red", "green") if name.startswith(current)]
        return [app_commands.Choice(name=name, value=name) for name in names]

    @app_commands.command(description="Acknowledge twice")
    async def twice(self, interaction: Interaction) -> None:
        """Send two callbacks past discord.py's own guard."""
        callback = f"/interactions/{interaction.id}/{interaction.token}/callback"
        for _ in range(2):
            route = discord.http.Route("POST", callback)
            body = {"type": 4, "data": {"content": "once"}}
            try:
                await interaction.client.http.request(route, json=body)
            except discord.HTTPException as error:
                _log(f"refused {error.status} {error.code}")

    @app_commands.command(description="Acknowledge late")
    async def late(self, interaction: Interaction) -> None:
        """Answer 0.4 s after the command."""
        await asyncio.sleep(0.4)
        try:
            await interaction.response.send_message("late")
        except discord.HTTPException as error:
            _log(f"refused {error.status} {error.code}")


@app_commands.command(description="For admins")
@app_commands.default_permissions(manage_guild=True)
async def admin(interaction: Interaction) -> None:
    """Answer whether the caller is one."""
    await interaction.response.send_message(f"{interaction.permissions.manage_guild}")


@app_commands.context_menu(name="Greet Member")
async def greet(interaction: Interaction, member: discord.Member) -> None:
    """Greet somebody."""
    await interaction.response.send_message(f"hello {member.display_name}", ephemeral=True)


@app_commands.context_menu(name="Quote")
async def quote(interaction: Interaction, message: discord.Message) -> None:
    """Say a message again."""
    await interaction.response.send_message(f"> {message.content}", ephemeral=True)


@app_commands.command(description="Play a sound")
@app_commands.guild_only()
async def play(interaction: Interaction, file: str) -> None:
    """Join the caller's channel and play a file of 16-bit stereo PCM."""
    await interaction.response.defer()
    assert interaction.guild is not None
    voice = interaction.guild.voice_client
    if voice is None:
        voice = await _join(interaction)
    if isinstance(voice, discord.VoiceClient):
        voice.play(_source(file))
        await interaction.followup.send("playing")


def _source(file: str) -> discord.PCMAudio:
    return discord.PCMAudio(io.BytesIO(Path(file).read_bytes()))


async def _join(interaction: Interaction) -> discord.VoiceClient | None:
    assert isinstance(interaction.user, discord.Member)
    assert interaction.user.voice is not None
    assert interaction.user.voice.channel is not None
    try:
        return await interaction.user.voice.channel.connect(timeout=1, reconnect=False)
    except (TimeoutError, discord.ClientException, discord.ConnectionClosed) as error:
        await interaction.followup.send(f"no voice: {type(error).__name__}")
        return None


class TinyBot(discord.Client):
    """Logs what it sees, for tests to wait for."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.message_content = "MESSAGE_CONTENT" in os.environ
        super().__init__(intents=intents)
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        """Register the commands."""
        self.tree.add_command(Answers())
        for command in (play, admin, greet, quote):
            self.tree.add_command(command)
        await self.tree.sync()

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Log that the bot is out of voice."""
        if member == member.guild.me and after.channel is None:
            _log("out of voice")

    async def on_resumed(self) -> None:
        """Log a resumed session."""
        _log("resumed")

    async def on_message(self, message: discord.Message) -> None:
        """Log what can be read."""
        _log(f"message {message.content!r}")


def _log(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main() -> None:
    """Run until a signal ends it."""
    opus = find_spec("opuslib_next")
    assert opus is not None
    assert opus.origin is not None
    discord.opus.load_opus(str(Path(opus.origin).parent / "_native" / "libopus.so"))
    if "WITHOUT_DAVE" in os.environ:
        state = discord.voice_state.VoiceConnectionState
        state.max_dave_protocol_version = 0  # type: ignore[method-assign, assignment]
    TinyBot().run(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    main()
