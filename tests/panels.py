"""What somebody reads on Luna's panels and forms, and what they press, choose and fill in there."""

from __future__ import annotations

import io
import json
import re
import wave
from typing import Any

import numpy as np
from aiohttp import ClientSession

from cafe import Sound
from cogs._setup_file import Setup, write_setup
from cogs._store import GuildSettings
from discord_standin import Human, Interaction, Message, Upload
from discord_standin.components import walk

LOCALES = ("en-US", "ja", "ko")
AGAIN = {"en-US": "Fill in again", "ja": "書き直す", "ko": "다시 적기"}
REFUSED = "このサーバーで サーバー管理 の権限が必要です。サーバーの管理者に頼んでください。"

DEFAULTS: dict[str, Any] = json.loads(write_setup(Setup(GuildSettings(), ())))["settings"]
"""What /settings export gives where nothing was ever set."""


async def answer(interaction: Interaction, timeout: float = 15) -> Message:
    """The one message that an interaction ends in; only its caller sees it."""
    message = await interaction.reply(timeout)
    assert message.ephemeral
    return message


async def ask(person: Human, command: str, /, **options: Any) -> str:
    """What a command is answered with."""
    return (await answer(await person.command(command, **options))).content


async def setup_of(admin: Human) -> dict[str, Any]:
    """What /settings export gives."""
    message = await answer(await admin.command("settings export"))
    (attachment,) = message.attachments
    assert attachment["filename"] == "luna-setup.json"
    async with ClientSession() as session, session.get(attachment["url"]) as response:
        content: dict[str, Any] = json.loads(await response.read())
    return content


async def take_setup(admin: Human, content: Any) -> str:
    """What an import of `content` is answered with."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await ask(admin, "settings import", file=Upload("luna-setup.json", data))


def read_wav(data: bytes) -> tuple[Sound, int]:
    """Samples and their rate."""
    with wave.open(io.BytesIO(data)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return frames.astype(np.float32) / 32768, file.getframerate()


def buttons(message: Message) -> list[str]:
    found = [part for part in walk(message.components) if part["type"] == 2]
    return [part.get("label") or part["custom_id"] for part in found]


def menus(message: Message) -> dict[str, list[str]]:
    """Placeholder -> options; the one that holds now has a star."""
    return {
        part["placeholder"]: [
            ("★" if option.get("default") else "") + option["label"] for option in part["options"]
        ]
        for part in walk(message.components)
        if part["type"] == 3
    }


def form(modal: dict[str, Any]) -> dict[str, str]:
    """Label -> what stands in the field."""
    inputs = [part for part in walk(modal["components"]) if "custom_id" in part]
    return {part["label"]: part.get("value") or "" for part in inputs}


def transcript(locale: str, what: str, seen: Message | dict[str, Any]) -> str:
    """Everything that can be read; each text is there."""
    if isinstance(seen, Message):
        lines = [seen.content, *(f"[{name}: {', '.join(o)}]" for name, o in menus(seen).items())]
        lines += [f"({label})" for label in buttons(seen)]
        lines += [f"<{attachment['filename']}>" for attachment in seen.attachments]
    else:
        lines = [f"== {seen['title']} =="]
        lines += [f"{label}: {value}_" for label, value in form(seen).items()]
    if isinstance(seen, Message) and seen.attachments:
        lines = lines[1:]  # a file needs no words
    assert all(line.strip() and not re.search(r"[{}]|None", line) for line in lines)
    text = "\n".join(f"    {part}" for line in lines for part in line.splitlines())
    print(f"--- {locale} {what}\n{text}")
    return text
