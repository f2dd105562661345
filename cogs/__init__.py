"""Luna's Discord side: extensions for any `discord.ext.commands.Bot`, under any package name.

for extension in cogs.EXTENSIONS:
    await bot.load_extension(extension)
"""

EXTENSIONS = tuple(
    f"{__name__}.{name}"
    for name in (
        *("engine", "speech", "playback", "presence"),
        *("voices", "models", "dictionary", "settings"),
        *("channels", "moderation", "members", "menus", "privacy"),
        *("reader",),
        *("status", "metrics"),
    )
)
"""In the order in which they load. Each also loads alone: it brings what it needs."""
