"""The words and the drawings of the demo: a bar for each second, and the prediction beside the measurement."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.status import Status
from rich.text import Text

from fermata.cli.output import get_line_width, show_controls, wrap_hanging
from fermata.cli.pool_demo.run import Scene
from fermata.domain.experiment import Experiment, ExperimentResult, Phase, Sample, SteadyCheck, Verdict

_BARS = "▁▂▃▄▅▆▇█"
_ORDER = {phase: number for number, phase in enumerate(Phase)}
_PHASE_MARK = "│"
_LABEL = 14
"""Columns before the words of a line."""
_STYLES = {
    Verdict.GRACEFUL: "bold green",
    Verdict.CONTAINED: "bold yellow",
    Verdict.COLLAPSED: "bold red",
    Verdict.INCONCLUSIVE: "bold",
    Verdict.INVALID: "bold",
}
_STORY = {
    "naive": "waits for one of 20 connections, for as long as it takes",
    "timeout": "gives up after 0.3 s",
    "fallback": "gives up after 0.3 s, takes the order all the same, and stops asking for a while",
}
_DOING = {Phase.BASELINE: "steady state", Phase.FAULT: "fault is on", Phase.RECOVERY: "coming back"}
_STEADY_BAR, _SLOW_BAR, _LATE_BAR = 7, 2, 0


class PoolNarrator:
    """Tells the demo. What goes on shows as moving bars, in a terminal only."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = get_line_width(console)
        self._status: Status | None = None
        self._phase = Phase.BASELINE
        self._samples: list[Sample] = []
        self._experiment: Experiment | None = None

    def open(self) -> None:
        """Say what is about to happen."""
        self._print(Text("Fermata chaos demo", style="bold"))
        for line in (
            "checkout calls payment: real processes, with a fault proxy between them. Nothing is simulated.",
            "The fault: payment answers 2 s later, and half of its answers are errors. Refunds do not need payment.",
            "Three designs of checkout meet it. Ctrl-C ends everything.",
        ):
            self._print(Text("   " + self._hang(line, 3)))

    def wait_for(self, what: str) -> None:
        """Show what is waited for, until something else is."""
        self.stop_waiting()
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._status = self._console.status(Text(what, style="dim"), refresh_per_second=8)
            with contextlib.suppress(OSError):
                self._status.start()

    def stop_waiting(self) -> None:
        """Take the moving part away. Idempotent."""
        if self._status is not None:
            with contextlib.suppress(OSError):
                self._status.stop()
            self._status = None

    def begin_design(self, number: int, count: int, design: str) -> None:
        """Head one design."""
        self._print(
            Text(f"\n{number} of {count}  {design}", style="bold").append(f": {_STORY[design]}", style="not bold")
        )
        self.wait_for("measuring today's calls to payment")

    def show_prediction(self, scene: Scene) -> None:
        """Print what was measured and what follows from it."""
        call, prediction = scene.call, scene.experiment.prediction
        timeout = f"timeout {call.timeout_ms:.0f} ms" if call.timeout_ms else "no timeout"
        self._line(
            "today", f"{call.rate_rps:.0f} calls/s of {call.latency_ms:.1f} ms, {call.pool_max} connections, {timeout}"
        )
        self._line("predicted", prediction.why, lead=prediction.expected.value, style="bold")
        self._experiment, self._samples = scene.experiment, []
        self.wait_for("the steady state")

    def note_phase(self, phase: Phase) -> None:
        """Take in that a phase began."""
        self._phase = phase
        self._move()

    def note_sample(self, sample: Sample) -> None:
        """Take in a second of one journey."""
        self._samples.append(sample)
        self._move()

    def _move(self) -> None:
        if self._experiment is None or not self._console.is_terminal:
            return
        bars = Text(f"{_DOING[self._phase]:<13}", style="dim")
        for check in _list_shown(self._experiment):
            bars.append(f" {check.journey} ", style="not dim").append(draw_bars(check, self._samples))
        if self._status is not None:
            self._status.update(bars)

    def show_result(self, result: ExperimentResult, experiment: Experiment) -> None:
        """Print the verdict of one design, with its seconds drawn."""
        self.stop_waiting()
        for check in _list_shown(experiment):
            bars = Text(f"   {check.journey:<{_LABEL - 3}}").append(draw_bars(check, result.samples))
            self._print(bars.append(f"  {_say_measured(result, check)}", style="dim"))
        self._line("measured", result.why, lead=result.verdict.value.upper(), style=_STYLES[result.verdict])
        if result.aborted and result.injected_at and result.withdrawn_at:
            took = (result.withdrawn_at - result.injected_at).total_seconds()
            self._line("aborted", f"the fault was seen to be gone {took:.1f} s after it began; 8 s were planned")
        for line in result.comparison:
            name, _, rest = line.partition(": ")
            self._line("", f"{rest}", lead=name, style="")
        if result.fix_first:
            self._line("fix first", result.fix_first)

    def say_again(self, result: ExperimentResult) -> None:
        """Say that nothing could be told, and that it is tried once more."""
        self.stop_waiting()
        self._line("once more", result.why, lead=result.verdict.value.upper(), style=_STYLES[result.verdict])
        self.wait_for("a calmer moment")

    def close(self, verdicts: Mapping[str, Verdict], seconds: float, *, is_right: bool) -> None:
        """Say what it came to."""
        words = Text("\n")
        for number, (design, verdict) in enumerate(verdicts.items()):
            words.append(f"{', ' if number else ''}{design}: ").append(verdict.value, style=_STYLES[verdict])
        self._print(words.append(f"   ({seconds:.0f} s)", style="dim"))
        if Verdict.INCONCLUSIVE in verdicts.values():
            self._print(Text("Inconclusive means that this machine was too busy to tell: run it again."))
        elif not is_right:
            self._print(Text("That is not what these designs are known to do: please report it.", style="bold"))
        self._print(
            Text(self._hang("Rehearse your own: fermata chaos plan --graph FILE, then docs/rehearsals-run.md.", 0))
        )

    def _line(self, label: str, text: str, *, lead: str = "", style: str = "") -> None:
        line = Text(f"   {label:<{_LABEL - 3}}", style="dim")
        if lead:
            line.append(lead, style=f"not dim {style}").append(": ")
        self._print(line.append(self._hang(text, _LABEL, len(lead) + 2 if lead else 0), style="not dim"))

    def _hang(self, text: str, indent: int, lead: int = 0) -> str:
        # The lead stands on the first line: blanks hold its place while the rest is broken.
        padded = wrap_hanging("\x00" * lead + show_controls(text), width=self._width, indent=indent)
        return padded.replace("\x00", "")

    def _print(self, text: Text) -> None:
        with contextlib.suppress(OSError):
            self._console.print(text, soft_wrap=True)


def _list_shown(experiment: Experiment) -> Iterable[SteadyCheck]:
    return [check for check in experiment.checks if not check.is_control]


def _say_measured(result: ExperimentResult, check: SteadyCheck) -> str:
    for item in result.measured:
        if item.journey == check.journey and item.phase is Phase.FAULT and item.ok_ratio is not None:
            return f"{item.ok_ratio:.0%} answered under the fault, p95 {item.p95_ms:.0f} ms"
    return "no fault was injected"


def draw_bars(check: SteadyCheck, samples: Sequence[Sample]) -> Text:
    """Return a bar for each second of a journey: as high as the share that was answered, low where it was too slow."""
    drawn, phase = Text(), None
    for sample in samples:
        is_late = phase is not None and _ORDER[sample.phase] < _ORDER[phase]  # Asked before, and ended only now.
        if sample.journey != check.journey or not sample.requests or is_late:
            continue
        if phase is not None and sample.phase is not phase:
            drawn.append(_PHASE_MARK, style="dim")
        phase = sample.phase
        share = sample.ok / sample.requests
        level = round(share * _STEADY_BAR)
        if (sample.p50_ms or 0.0) > check.max_p95_ms:
            level = min(level, _LATE_BAR)
        elif (sample.p95_ms or 0.0) > check.max_p95_ms:
            level = min(level, _SLOW_BAR)
        is_well = share >= check.min_ok_ratio and level > _SLOW_BAR
        drawn.append(_BARS[level], style="green" if is_well else "red")
    return drawn
