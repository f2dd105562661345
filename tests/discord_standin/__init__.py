"""A small Discord on loopback, against which an unmodified discord.py bot runs in a subprocess.

`StandIn` is the whole of it; `hearing` judges what a listener heard; `rules` and `message_rules`
are what Discord refuses, as pure functions.
"""

from .bot_process import BotProcess
from .cdn import Upload
from .guild import Guild
from .hearing import (
    Alignment,
    Playout,
    align,
    largest_gap,
    lost,
    playout,
    similarity,
    speech_spans,
)
from .interaction import Interaction
from .listener import HeardPacket, Listener
from .messages import Message, Poll
from .people import Human, Writer
from .rest import Request
from .stand_in import StandIn
from .support import Delays, DiscordError, Limits
from .world import Channel, Member, Role

__all__ = [
    "Alignment",
    "BotProcess",
    "Channel",
    "Delays",
    "DiscordError",
    "Guild",
    "HeardPacket",
    "Human",
    "Interaction",
    "Limits",
    "Listener",
    "Member",
    "Message",
    "Playout",
    "Poll",
    "Request",
    "Role",
    "StandIn",
    "Upload",
    "Writer",
    "align",
    "largest_gap",
    "lost",
    "playout",
    "similarity",
    "speech_spans",
]
