"""What the engine does, as Prometheus reads it. No text and no name is in it."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from luna_tts.types import ServiceStats


def engine_metrics(stats: ServiceStats) -> Iterable[Metric]:
    """Every number of `stats`."""
    yield counter("utterances", "Utterances finished.", stats.utterances)
    yield counter("audio_seconds", "Speech made.", stats.audio_seconds)
    yield counter(
        "inference_seconds", "Time spent by the inference thread.", stats.inference_seconds
    )
    yield gauge("streams", "Utterances being synthesized.", stats.streams)
    yield gauge("inference_waiting", "Steps that wait for the inference thread.", stats.waiting)
    yield gauge("inference_step_seconds", "Age of the present step.", stats.step_seconds)
    yield counter("inference_relieved", "Steps that did not end.", stats.relieved)
    yield gauge("voices_loaded", "Voices that can speak at once.", len(stats.voices))
    yield gauge("voices_bytes", "Memory that the loaded voices hold.", stats.nbytes)


def counter(name: str, about: str, value: float) -> Metric:
    """A number that only grows."""
    return CounterMetricFamily(f"luna_{name}", about, value=value)


def gauge(name: str, about: str, value: float) -> Metric:
    """A number that comes and goes."""
    return GaugeMetricFamily(f"luna_{name}", about, value=value)
