"""`/docs`: Swagger UI from files of an installed package, so that the page needs no network; `/` leads there."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'"
)
"""The browser itself fetches nothing from elsewhere."""


def docs_router(title: str) -> APIRouter:
    """The page, its files, and the way to it."""
    router = APIRouter(include_in_schema=False)
    folder = _folder()
    page = get_swagger_ui_html(
        openapi_url="openapi.json", title=title, swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css", swagger_favicon_url="docs/favicon.png",
        swagger_ui_parameters={"validatorUrl": None, "tryItOutEnabled": True, "persistAuthorization": False},
    ).body  # fmt: skip

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(bytes(page), headers={"Content-Security-Policy": POLICY})

    @router.get("/docs/{name}")
    async def file(name: str) -> Response:
        kind = FILES.get(name)
        return FileResponse(folder / name, media_type=kind) if kind else Response(status_code=404)

    @router.get("/")
    async def home() -> RedirectResponse:
        return RedirectResponse("docs")

    return router


def _folder() -> Path:
    """Where the files of Swagger UI are; the package's own code is not run."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package fastapi-offline, which brings Swagger UI, is not installed: run `uv sync`")
    return Path(spec.origin).parent / "static"
