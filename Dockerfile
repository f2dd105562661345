# syntax=docker/dockerfile:1
# Luna, bot and engine alike. `docker build -t luna .` makes an image that computes on the CPU,
# `docker build --build-arg VARIANT=cuda -t luna:cuda .` one for NVIDIA GPUs (the host needs the
# driver and the NVIDIA Container Toolkit alone: PyTorch brings the rest).
#
#     docker run --env-file .env -v luna-data:/app/data -v luna-models:/app/models luna
#     docker run -p 8000:8000 luna -m luna_tts serve --host 0.0.0.0

FROM python:3.11-slim-bookworm AS build
ARG VARIANT=cpu
ARG EXTRAS=bot,server,neural,multilingual,postgres
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python -m venv /opt/luna
ENV PATH=/opt/luna/bin:$PATH
COPY pyproject.toml requirements.lock README.md LICENSE NOTICE ./
# The versions of the lock without its hashes, which are of PyPI's PyTorch, the one with CUDA.
RUN sed -n 's/^\([a-z0-9].*==.*\) \\$/\1/p' requirements.lock > versions.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    if [ "$VARIANT" = cpu ]; then index=https://download.pytorch.org/whl/cpu; \
    else index=https://pypi.org/simple; fi \
    && pip install --constraint versions.txt --index-url "$index" torch
COPY luna_tts luna_tts
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --constraint versions.txt ".[$EXTRAS]"

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin luna \
    && install -d -o luna -g luna /app /app/data /app/models /app/bert
COPY --from=build /opt/luna /opt/luna
WORKDIR /app
COPY LICENSE NOTICE bot.py ./
COPY cogs cogs
USER 10001:10001
# Settings, voices and BERTs are the operator's: `docker run ... luna -m luna_tts download NAME`.
VOLUME ["/app/data", "/app/models", "/app/bert"]
ENV PATH=/opt/luna/bin:$PATH PYTHONUNBUFFERED=1 \
    LUNA_METRICS_PORT=9100 \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
EXPOSE 8000 9100
# Of the bot. An engine server answers on its own port: the compose files ask there.
HEALTHCHECK --interval=30s --timeout=10s --start-period=5m --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as ask; ask.urlopen(f'http://127.0.0.1:{os.environ[\"LUNA_METRICS_PORT\"]}/health', timeout=8)"]
ENTRYPOINT ["python"]
CMD ["bot.py"]
