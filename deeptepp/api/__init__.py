"""Routes beside the dashboard, on the same port: studies in, scores out, stacks to the viewer, facts on us.

Every route is a row of one list, from which the description in OpenAPI is made too.
"""

from __future__ import annotations

from starlette.routing import Route

from deeptepp.api.about_routes import about_operations
from deeptepp.api.operations import Operation, answering
from deeptepp.api.score_routes import score_operations
from deeptepp.api.study_routes import study_operations
from deeptepp.service.engine import ScoringEngine
from deeptepp.store.frames import FrameStore, default_frames
from deeptepp.store.uploads import UploadStore, default_store


def operations(
    engine: ScoringEngine | None = None, uploads: UploadStore | None = None, frames: FrameStore | None = None
) -> list[Operation]:
    """List every operation; see ``routes``."""
    upload_store, frame_store = uploads or default_store(), frames or default_frames()
    rows = study_operations(upload_store, frame_store)
    if engine is not None:
        rows += score_operations(engine, upload_store)
    return [*rows, *about_operations(rows, engine)]


def routes(
    engine: ScoringEngine | None = None, uploads: UploadStore | None = None, frames: FrameStore | None = None
) -> list[Route]:
    """Make the routes.

    ``engine``: scores, without it no route does; ``uploads``: receives the uploads, the store of the process by
    default; ``frames``: holds the stacks, the store of the process by default. Returns for ``st.App(routes=...)``
    or any Starlette application.
    """
    return [
        Route(row.path, answering(row.endpoint), methods=[row.method])
        for row in operations(engine, uploads, frames)
    ]
