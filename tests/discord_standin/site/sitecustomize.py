"""Points discord.py at the stand-in from outside, when and only when it is imported.

Python imports this file at start because its folder is on PYTHONPATH. The bot's start-up time is
measured with it in place, so it imports nothing that is not loaded anyway.
"""

import os
import sys


class _Pointer:
    """Import hook: lets the two modules load as ever, then sets their addresses."""

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        if name not in ("discord.http", "discord.gateway"):
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_point(module):  # type: ignore[no-untyped-def]
                load(module)
                _point(module)  # type: ignore[no-untyped-call]

            spec.loader.exec_module = load_and_point  # type: ignore[method-assign]
        return spec


def _point(module):  # type: ignore[no-untyped-def]
    if module.__name__ == "discord.http":
        module.Route.BASE = os.environ["STANDIN_API"]
    else:
        url = module.yarl.URL(os.environ["STANDIN_GATEWAY"])
        module.DiscordWebSocket.DEFAULT_GATEWAY = url


def _tell_tasks(*_):  # type: ignore[no-untyped-def]
    """SIGUSR1 arrives in the main thread, whose loop is running."""
    import asyncio

    names = sorted(task.get_name() for task in asyncio.all_tasks())
    print(f"STANDIN-TASKS {len(names)} {names}", flush=True)


def _switch_udp(*_):  # type: ignore[no-untyped-def]
    """SIGUSR2: from now on, or no longer, nothing leaves this machine by UDP."""
    import socket

    if "sendall" in vars(socket.socket):
        del socket.socket.sendall
    else:
        socket.socket.sendall = _refuse  # type: ignore[method-assign]


def _refuse(self, data, *flags):  # type: ignore[no-untyped-def]
    """A full buffer, a firewall, a network that is down: the kernel says each of them at once."""
    import errno
    import socket

    if self.type is not socket.SOCK_DGRAM:
        return super(socket.socket, self).sendall(data, *flags)
    number = (errno.ENOBUFS, errno.EPERM, errno.ENETUNREACH)[data[3] % 3]
    raise OSError(number, os.strerror(number))


if "STANDIN_API" in os.environ:
    import signal

    signal.signal(signal.SIGUSR1, _tell_tasks)
    signal.signal(signal.SIGUSR2, _switch_udp)
    sys.meta_path.insert(0, _Pointer())
