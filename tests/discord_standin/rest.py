"""Discord's REST API as far as a bot like Luna uses it; all else is a recorded 404."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from . import message_rules, rules
from .cdn import uploads
from .commands import CommandStore
from .guild import Guild, World
from .interaction import UPDATE
from .interactions import Interactions
from .messages import LOADING, Message
from .support import Delays, DiscordError, Json
from .voice_states import edit_own
from .world import Channel, Member, timestamp

PREFIX = "/api/v10"
HEADERS = {"Via": "1.1 google"}
"""discord.py takes a 429 without this header for a ban of its address."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Request:
    """One REST request and how it was answered."""

    method: str
    path: str
    json: Any
    at: float
    """`time.monotonic()` seconds."""
    status: int = 0
    answer: Any = None


@dataclass
class Scripted:
    """An answer that the next matching request gets instead of the real one."""

    method: str
    path: re.Pattern[str]
    status: int
    body: Json


@dataclass
class Rest:
    """The REST application."""

    world: World
    token: str
    commands: CommandStore
    interactions: Interactions
    delays: Delays
    gateway: Callable[[], Json]
    """What is told of the gateway."""
    requests: list[Request] = field(default_factory=list)
    scripted: list[Scripted] = field(default_factory=list)

    def routes(self) -> list[web.RouteDef]:
        """All routes, and the one that answers 404."""
        message = r"/channels/{channel:\d+}/messages/{message:\d+}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/users/@me", self._me),
            ("GET", r"/users/{user:\d+}", self._user),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/applications/@me", self._application),
            ("GET", "/gateway", self._gateway),
            ("GET", "/gateway/bot", self._gateway),
            ("POST", "/interactions/{id}/{token}/callback", self._callback),
            ("POST", "/webhooks/{app}/{token}", self._follow_up),
            ("*", "/webhooks/{app}/{token}/messages/{message}", self._follow_up_message),
            ("POST", r"/channels/{channel:\d+}/messages", self._send),
            ("GET", r"/channels/{channel:\d+}", self._channel_object),
            ("POST", r"/channels/{channel:\d+}/typing", self._nothing),
            ("*", message, self._message_object),
            ("*", message + "/reactions/{tail:.*}", self._nothing),
            ("GET", r"/guilds/{guild:\d+}", self._guild_object),
            ("GET", r"/guilds/{guild:\d+}/members/{user:\d+}", self._member),
            ("GET", r"/guilds/{guild:\d+}/members", self._members),
            ("GET", r"/guilds/{guild:\d+}/channels", self._channels),
            ("PATCH", r"/guilds/{guild:\d+}/voice-states/@me", self._own_voice),
        ]
        for scope in ("", r"/guilds/{guild:\d+}"):
            base = "/applications/{app}" + scope + "/commands"
            table += [("*", base, self._command_set), ("*", base + "/{command}", self._command)]
        routes = [web.route(method, PREFIX + path, handler) for method, path, handler in table]
        return [*routes, web.route("*", "/api/{tail:.*}", self._unknown)]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Record a request, check its token, and turn refusals into Discord's answers."""
        if not request.path.startswith("/api/"):
            return await handler(request)
        path = request.path.removeprefix(PREFIX)
        record = Request(request.method, path, await _body(request), time.monotonic())
        self.requests.append(record)
        await asyncio.sleep(self.delays.rest)
        try:
            response = self._scripted_answer(record) or await self._handled(request, handler)
        except DiscordError as refusal:
            response = web.json_response(refusal.body, status=refusal.status)
        record.status = response.status
        text = getattr(response, "text", None)
        if text:
            record.answer = json.loads(text)
            response.headers["Content-Type"] = "application/json"
        response.headers.update(HEADERS)
        self.world.changes.notify()
        return response

    async def _handled(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        carries_own_token = re.search(r"/(webhooks|interactions)/", request.path)
        if not carries_own_token and request.headers.get("Authorization") != f"Bot {self.token}":
            raise DiscordError(401, 0, "401: Unauthorized")
        return await handler(request)

    def _scripted_answer(self, record: Request) -> web.StreamResponse | None:
        for answer in self.scripted:
            if answer.method == record.method and answer.path.search(record.path):
                self.scripted.remove(answer)
                return web.json_response(answer.body, status=answer.status)
        return None

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        raise DiscordError(404, 0, "404: Not Found")

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        self._channel(request)
        return web.Response(status=204)

    async def _me(self, request: web.Request) -> web.StreamResponse:
        user = {**self.world.bot.payload(), "verified": True, "mfa_enabled": True, "flags": 0}
        return web.json_response(user)

    async def _user(self, request: web.Request) -> web.StreamResponse:
        for guild in self.world.guilds.values():
            if member := guild.members.get(int(request.match_info["user"])):
                return web.json_response(member.user.payload())
        raise DiscordError(404, 10013, "Unknown User")

    async def _application(self, request: web.Request) -> web.StreamResponse:
        bot, team = self.world.bot, None
        if self.world.team:
            members = [
                {"user": user.payload(), "role": "developer", "membership_state": 2, "team_id": "2"}
                for user in self.world.team
            ]
            owner_id = str(self.world.developer.id)
            about = {"id": "2", "name": "Team", "icon": None, "owner_user_id": owner_id}
            team = {**about, "members": members}
        return web.json_response(
            {
                "id": str(bot.id),
                "name": bot.name,
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "owner": self.world.developer.payload(),
                "team": team,
                "verify_key": "0" * 64,
                "flags": 0,
                "bot": bot.payload(),
            }
        )

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.gateway())

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        interaction_id, token = int(request.match_info["id"]), request.match_info["token"]
        body = await _body(request)
        if (sent := self.interactions.by_token.get(token)) is not None and body.get("data"):
            before = sent.source if body.get("type") == UPDATE else None
            body["data"] = await self._whole(request, body["data"], sent.channel, before)
        found = self.interactions.acknowledge(interaction_id, token, body)
        if request.query.get("with_response") not in ("true", "1"):
            return web.Response(status=204)
        about: Json = {"id": str(found.id), "type": found.payload["type"]}
        answer: Json = {"interaction": about}
        if (message := found.original) is not None:
            about["response_message_id"] = str(message.id)
            about["response_message_loading"] = bool(message.flags & LOADING)
            about["response_message_ephemeral"] = message.ephemeral
            answer["resource"] = {"type": found.kind, "message": message.payload()}
        return web.json_response(answer)

    async def _follow_up(self, request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        channel = self.interactions.with_token(token).channel
        body = await self._whole(request, await _body(request), channel)
        message = self.interactions.follow_up(token, body)
        return web.json_response(message.payload())

    async def _follow_up_message(self, request: web.Request) -> web.StreamResponse:
        token, which = request.match_info["token"], request.match_info["message"]
        if request.method == "DELETE":
            self.interactions.delete(token, which)
            return web.Response(status=204)
        if request.method == "PATCH":
            message = self.interactions.message(token, which)
            body = await self._whole(request, await _body(request), message.channel, message)
            return web.json_response(self.interactions.edit(token, which, body).payload())
        return web.json_response(self.interactions.message(token, which).payload())

    async def _send(self, request: web.Request) -> web.StreamResponse:
        channel = self._channel(request)
        body = await self._whole(request, await _body(request), channel)
        if body.get("attachments") and not channel.allows(channel.guild.me, "attach_files"):
            raise DiscordError(403, 50013, "Missing Permissions")
        if not channel.allows(channel.guild.me, "send_messages"):
            raise DiscordError(403, 50013, "Missing Permissions")
        rules.refuse(message_rules.check_message(body))
        if not message_rules.is_something(body):
            raise DiscordError(400, 50006, "Cannot send an empty message")
        message = Message(self.world.snowflakes.next(), channel, channel.guild.me)
        message.apply(body)
        if reference := body.get("message_reference"):
            message.reference = channel.messages.get(int(reference["message_id"]))
        return web.json_response(channel.guild.add_message(message).payload())

    async def _message_object(self, request: web.Request) -> web.StreamResponse:
        channel = self._channel(request)
        message = channel.messages.get(int(request.match_info["message"]))
        if message is None:
            raise DiscordError(404, 10008, "Unknown Message")
        if request.method == "DELETE":
            message.delete()
            return web.Response(status=204)
        if request.method == "PATCH":
            if message.author is not channel.guild.me:
                raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
            body = await self._whole(request, await _body(request), channel, message)
            rules.refuse(message_rules.check_message(body))
            message.apply(body)
            message.edited_at = timestamp()
        return web.json_response(message.payload())

    async def _channel_object(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._channel(request).payload())

    async def _guild_object(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._guild(request).payload(everyone=False))

    async def _channels(self, request: web.Request) -> web.StreamResponse:
        channels = self._guild(request).channels.values()
        return web.json_response([channel.payload() for channel in channels])

    async def _members(self, request: web.Request) -> web.StreamResponse:
        members: list[Member] = list(self._guild(request).members.values())
        return web.json_response([member.payload() for member in members])

    async def _member(self, request: web.Request) -> web.StreamResponse:
        member = self._guild(request).members.get(int(request.match_info["user"]))
        if member is None:
            raise DiscordError(404, 10007, "Unknown Member")
        return web.json_response(member.payload())

    async def _own_voice(self, request: web.Request) -> web.StreamResponse:
        edit_own(self._guild(request), await _body(request))
        return web.Response(status=204)

    async def _command_set(self, request: web.Request) -> web.StreamResponse:
        scope = self._scope(request)
        if request.method == "PUT":
            return web.json_response(self.commands.overwrite(scope, await _body(request)))
        if request.method == "POST":
            return web.json_response(self.commands.add(scope, await _body(request)), status=201)
        return web.json_response(self.commands.scopes.get(scope, []))

    async def _command(self, request: web.Request) -> web.StreamResponse:
        scope, command_id = self._scope(request), request.match_info["command"]
        if request.method == "DELETE":
            self.commands.remove(scope, command_id)
            return web.Response(status=204)
        if request.method == "PATCH":
            return web.json_response(self.commands.edit(scope, command_id, await _body(request)))
        return web.json_response(self.commands.get(scope, command_id))

    async def _whole(
        self, request: web.Request, body: Json, channel: Channel, before: Message | None = None
    ) -> Json:
        """A message's body with the files of the request in it."""
        kept = before.attachments if before else []
        return self.world.cdn.with_files(body, await uploads(request), channel.id, kept)

    def _scope(self, request: web.Request) -> int | None:
        return self._guild(request).id if "guild" in request.match_info else None

    def _guild(self, request: web.Request) -> Guild:
        guild = self.world.guilds.get(int(request.match_info["guild"]))
        if guild is None:
            raise DiscordError(404, 10004, "Unknown Guild")
        return guild

    def _channel(self, request: web.Request) -> Channel:
        channel = self.world.channel(int(request.match_info["channel"]))
        if channel is None:
            raise DiscordError(404, 10003, "Unknown Channel")
        if not channel.allows(channel.guild.me, "view_channel"):
            raise DiscordError(403, 50001, "Missing Access")
        return channel


async def _body(request: web.Request) -> Any:
    """The JSON of a request; with files it is a part of a form."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return json.loads(str(form.get("payload_json", "{}")))
    text = await request.text()
    return json.loads(text) if text else {}
