"""From /say to the first audible packet, on the Discord stand-in, against the whole utterance.

    PYTHONPATH=tests python -m benchmarks.first_sound

Without streaming a listener would wait until the whole utterance is synthesized; that time is
measured in this process, in turns with what the bot's listener hears.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from statistics import median, quantiles

from cafe import luna, open_cafe, spoken
from discord_standin import StandIn, largest_gap
from luna_tts.open_jtalk import OpenJTalkModel

GREETED = "皆君父母兄姉弟妹友客犬猫馬鳥魚花木草空海"
TEXTS = {
    "8 characters": "こんにちは、皆。",
    "40 characters": "今日はとてもいい天気なので、午後から公園まで散歩に行こうと思います。"
    "一緒にどう？",
    "150 characters": "昔々あるところに、おじいさんとおばあさんが住んでいました。"
    "おじいさんは山へ芝刈りに、おばあさんは川へ洗濯に行きました。"
    "すると川上から、大きな桃がどんぶらこと流れてきました。"
    "おばあさんはその桃を拾って家に持ち帰り、おじいさんと一緒に切ってみることにしました。"
    "中から元気な男の子が出てきました。",
}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    model = OpenJTalkModel()
    for _ in model.warm_up():
        pass
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        await cafe.alice.join(cafe.lounge)
        async with luna(discord) as bot:
            print(f"process start to ready: {time.monotonic() - bot.started_at:.2f} s")
            await bot.wait_for_log("is ready")
            interaction = await cafe.say("はい。")
            first = await cafe.ear.speech(since=interaction.sent_at)
            print(f"first /say, joining included: {(first - interaction.sent_at) * 1000:.0f} ms\n")
            print(
                "text            first sound ms            whole utterance   ratio    largest gap"
            )
            print(
                "                median  p25-p75   worst   median ms                  ms (3 runs)"
            )
            for name, text in TEXTS.items():
                await _row(cafe, model, name, text, runs)
            print(f"\nfaults heard: {cafe.ear.faults or 'none'}")


async def _row(cafe, model: OpenJTalkModel, name: str, text: str, runs: int) -> None:  # type: ignore[no-untyped-def]
    firsts, wholes, gaps = [], [], []
    for run in range(runs):
        await cafe.quiet()
        # Another one each time: short phrases that come again are not made again.
        line = text.replace("皆", GREETED[run % len(GREETED)])
        began = time.perf_counter()
        reference = spoken(model, line)
        wholes.append((time.perf_counter() - began) * 1000)
        interaction = await cafe.say(line)
        firsts.append((await cafe.ear.speech(interaction.sent_at) - interaction.sent_at) * 1000)
        if run < 3:
            await cafe.quiet()
            gaps.append(largest_gap(cafe.ear.pcm(since=interaction.sent_at), reference) * 1000)
        else:
            await (await cafe.alice.command("stop")).reply()
    low, _, high = quantiles(firsts, n=4)
    print(
        f"{name:15} {median(firsts):6.0f}  {low:3.0f}-{high:3.0f}  {max(firsts):6.0f}"
        f"   {median(wholes):6.0f}   {median(firsts) / median(wholes):12.2f}   {max(gaps):11.0f}"
    )


if __name__ == "__main__":
    asyncio.run(main())
