"""The page of a service's interface: Swagger UI from this machine's own files, nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from kernel.web.contract.openapi import openapi
from kernel.web.service import Service

ASSETS = {
    "swagger-ui.js": ("swagger_bundle.js", "text/javascript"),
    "swagger-ui.css": ("swagger_style.css", "text/css"),
}

START = b"""window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rapport: {name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

# Swagger UI writes style attributes and carries its pictures as data.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def docs_routes(service: Service) -> list[Route]:
    """/openapi.json, /docs and its files."""
    page = PAGE.format(name=service.name).encode()
    folder = _assets()

    @cache
    def document() -> bytes:  # at the first question: most processes are never asked, and it takes memory
        return orjson.dumps(openapi(service))

    async def contract(_request: Request) -> Response:
        return Response(document(), media_type="application/json", headers=SAFE)

    async def docs(_request: Request) -> Response:
        return Response(page, media_type="text/html", headers=SAFE)

    async def asset(request: Request) -> Response:
        file, media_type = ASSETS[request.url.path.rpartition("/")[2]]
        return FileResponse(folder / file, media_type=media_type, headers=SAFE)

    return [
        Route("/openapi.json", contract),
        Route("/docs", docs),
        Route("/docs/start.js", _start),
        *(Route(f"/docs/{name}", asset) for name in ASSETS),
    ]


async def _start(_request: Request) -> Response:
    return Response(START, media_type="text/javascript", headers=SAFE)


def _assets() -> Path:
    """The folder of the installed package; importing it would load all its pages into memory."""
    spec = find_spec("offapi")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("offapi, which carries Swagger UI, is not installed")
    return Path(spec.origin).parent
