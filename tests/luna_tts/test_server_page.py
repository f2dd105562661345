"""The local page in a real Chromium: sound flows, and errors are sentences."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from luna_tts import TTSService
from serving import limits, serving

FLAGS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
async def page(service: TTSService, tmp_path: Path) -> AsyncIterator[Page]:
    """Japanese, as wide as a phone."""
    settings = limits(max_characters=100, dictionary=tmp_path / "words.csv")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    async with serving(service, settings) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = await browser.new_page(locale="ja-JP", viewport=PHONE)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(url)
        yield page
        await browser.close()
        assert not faults


async def test_sound_flows_and_its_reading_is_shown(page: Page) -> None:
    await page.click("#speak")
    await page.wait_for_function("document.getElementById('level').value > 0.05")
    await page.wait_for_function("document.getElementById('first').value.endsWith('ms')")
    await expect(page.locator("#phrases")).to_contain_text("コ")
    await expect(page.locator("#phones")).to_contain_text("k o N n i")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], "no sideways scrolling on a phone"


async def test_errors_are_sentences_in_the_language_of_the_page(page: Page) -> None:
    for language, sentence in (
        ("ja", "読める文字"),
        ("ko", "글자가 없어요"),
        ("en", "nothing here"),
    ):
        await page.select_option("#language", language)
        await page.fill("#text", "。。。")
        await page.click("#speak")
        await expect(page.locator("#error")).to_contain_text(sentence)
    await page.fill("#text", "あ" * 101)
    await page.click("#speak")
    await expect(page.locator("#error")).to_contain_text("too long")


async def test_an_accent_is_changed_and_kept(page: Page, tmp_path: Path) -> None:
    await page.fill("#text", "箸")
    await page.click("#speak")
    await expect(page.locator(".fall")).to_have_text("ハ")
    await page.click(".mora >> text=シ")
    await expect(page.locator(".fall")).to_have_text("シ")
    assert "箸,ハシ,2," in (tmp_path / "words.csv").read_text("utf-8-sig")


async def test_voices_are_listed(page: Page) -> None:
    await expect(page.locator("#voices")).to_contain_text("open-jtalk – 使えます")
