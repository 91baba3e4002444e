"""Each path that Flux tells is a line of a diff, with what it stands in above it."""

import pytest

from fermata.flows.bundle.flux_diffs import FluxLines


@pytest.mark.parametrize(
    ("lines", "diff"),
    [
        (
            ["spec.replicas", "  \u00b1 value change", "    - 4", "    + 2"],
            [" spec:", "-  replicas: 4", "+  replicas: 2"],
        ),
        (["value", "  \u00b1 value change", "    - 4", "    + 2"], ["-  value: 4", "+  value: 2"]),
        (["a.b", "  - two list entries removed:", "    - x", "    - y"], [" b:", "-  - x", "-  - y"]),
        (["a b", "    + nothing"], ["+  nothing"]),
        (["spec", "", "  unknown words"], []),
    ],
)
def test_path_is_written_as_lines(lines, diff):
    """Of words that are not known nothing."""
    flux = FluxLines()

    assert [line for one in lines for line in flux.write(one)] == diff
