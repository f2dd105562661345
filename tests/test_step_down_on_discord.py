"""A voice that breaks while it speaks, all the way to the ear: the embedded one says it instead."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from cafe import luna, spoken
from discord_standin import StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel
from reading_scene import ALIKE, Bot

sys.path.insert(0, str(Path(__file__).parent / "luna_tts"))
from tiny_voice import tiny_voice, wide_bert

pytestmark = pytest.mark.realtime


def sick_voice(folder: Path) -> None:
    """Its weights are numbers, what they compute is none: it loads, and fails at every text."""
    (weights,) = tiny_voice(folder).glob("*.safetensors")
    state = safetensors.torch.load_file(weights)
    for name in [name for name in state if name.startswith("flow") and ".post." in name]:
        state[name] = torch.full_like(state[name], 1e30)
    safetensors.torch.save_file(state, weights)


async def test_nothing_is_lost_and_the_chat_is_told_once(
    tmp_path: Path, open_jtalk: OpenJTalkModel
) -> None:
    sick_voice(tmp_path / "models/byouki")
    bert = wide_bert(tmp_path / "bert")
    env = {"LUNA_MODELS": str(tmp_path / "models"), "LUNA_BERT_JA": str(bert)}
    async with StandIn() as discord, luna(discord, env) as bot:
        assert "speaking with byouki" in bot.log
        scene = await Bot(discord, open_jtalk).called(distinct_voices=False)
        for text in ("昨日はずっと雨が降っていました。", "明日の朝は早く起きましょう。"):
            heard = await scene.hear(scene.alice, text)
            assert similarity(heard, spoken(open_jtalk, text)) > ALIKE
        told = [m.content for m in scene.cafe.chat.messages.values() if m.content.startswith("⚠️")]
        assert told == ["⚠️ 声「byouki」が途中で止まりました。直るまで内蔵の声で読みます。"]
        assert bot.log.count("the voice 'byouki' failed: the built-in one speaks") == 1
        assert "雨が降って" not in bot.log
