"""GET /graph: who calls whom, as the configured systems tell it now. The same as `fermata chaos graph --live`."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fermata.kit.errors import NotFoundError
from fermata.rules.servicegraph.drawing import draw_svg
from fermata.rules.servicegraph.merging import MergedEdge
from fermata.rules.servicegraph.wording import describe_edge
from fermata.web.desk import get_desk
from fermata.web.signin import require_session

_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One call in words."""

    caller: str
    callee: str
    told: str
    standing: str


async def show_graph(request: Request) -> Response:
    """Answer GET /graph: the drawing, and every call in words."""
    desk, session = get_desk(request), await require_session(request)
    graph = await desk.house.graphs.read()
    edges = () if graph is None else graph.edges
    page = desk.pages.render(
        "graph.html",
        session=session,
        halt=await desk.house.switch.find(),
        graph=graph,
        rows=[_write_row(edge) for edge in edges[:_MOST_ROWS]],
        hidden=max(len(edges) - _MOST_ROWS, 0),
    )
    return HTMLResponse(page)


async def draw_graph(request: Request) -> Response:
    """Answer GET /graph.svg: the drawing as a picture, which runs nothing and loads nothing.

    Raises:
        NotFoundError: No configured system knows a graph.
    """
    desk = get_desk(request)
    await require_session(request)
    graph = await desk.house.graphs.read()
    if graph is None:
        raise NotFoundError("There is no service graph", why="no configured system knows one")
    return Response(draw_svg(graph), media_type="image/svg+xml")


def _write_row(edge: MergedEdge) -> Row:
    return Row(edge.caller, edge.callee, describe_edge(edge), edge.standing.value)
