"""Ways to put a FastAPI app together, and what the table makes of each."""

from pathlib import Path

from skillconnect_ops.code.express_model import Application, Role, State
from skillconnect_ops.code.fastapi import routes

HEAD = "from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request\n"


def read(folder: Path, **files: str) -> Application:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + text)
    return routes(folder, sorted(f"{name.replace('__', '/')}.py" for name in files))


def paths(found: Application) -> list[tuple[str, str]]:
    return [(one.method, one.path) for one in found.routes]


def test_a_class_of_the_project_is_an_app_as_well(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main="class Service(FastAPI):\n"
        "    def __init__(self, name):\n"
        "        super().__init__(title=name, dependencies=[Depends(user)])\n"
        "        self.add_api_route('/health', health)\n"
        "    def more(self):\n        self.include_router(router, prefix='/more')\n"
        "def user(x_token: str = Header()):\n"
        "    if x_token != SECRET:\n        raise HTTPException(401)\n"
        "def health():\n    return {}\n"
        "router = APIRouter()\n"
        "@router.post('/one')\ndef one():\n    return {}\n"
        "app = Service('shop')\napp.more()\n",
    )
    assert paths(found) == [("GET", "/health"), ("POST", "/more/one")]
    assert found.routes[1].auth is State.YES
    assert found.unresolved == ()


def test_what_is_added_after_a_router_is_included_is_there_too(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main="app, router = FastAPI(), APIRouter(prefix='/a')\napp.include_router(router)\n"
        "@router.get('/b')\ndef b():\n    return {}\n",
    )
    assert paths(found) == [("GET", "/a/b")]


def test_imports_that_only_add_routes_are_followed(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        pkg____init__="",
        pkg__main="from .core import app\nfrom . import views\n",
        pkg__core="app = FastAPI()\n",
        pkg__views="from pkg.core import app\n@app.get('/seen')\ndef seen():\n    return {}\n",
    )
    assert paths(found) == [("GET", "/seen")]


def test_a_route_under_a_condition_that_is_not_told_says_so(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main="import os\napp = FastAPI()\n"
        "if os.environ.get('DEBUG'):\n"
        "    @app.get('/inner')\n    def inner():\n        return {}\n",
    )
    assert found.routes[0].condition == "os.environ.get('DEBUG')"


def test_a_setting_stands_in_a_path_as_what_it_is_unless_something_else_is_said(
    tmp_path: Path,
) -> None:
    found = read(
        tmp_path,
        main="from pydantic_settings import BaseSettings\n"
        "class Settings(BaseSettings):\n    prefix: str = '/api/v1'\n    other: str\n"
        "settings = Settings()\napp = FastAPI()\n"
        "@app.get(f'{settings.prefix}/a')\ndef a():\n    return {}\n"
        "@app.get(settings.other)\ndef b():\n    return {}\n",
    )
    assert paths(found) == [("GET", "/api/v1/a"), ("GET", "<Settings.other>")]


def test_what_cannot_be_followed_is_told(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main="from elsewhere import router, add_pages\nfrom .missing import other\n"
        "app = FastAPI()\n"
        "app.include_router(router)\n"
        "app.mount('/x', other)\n"
        "add_pages(app)\n"
        "app.host('a.example', app)\n"
        "app.routes.append(other)\n"
        "def later(app):\n    app.include_router(APIRouter())\n",
    )
    assert [one.line for one in found.unresolved] == [5, 6, 7, 8, 9, 11]


def test_a_middleware_of_a_function_is_followed_by_method_and_path(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main="from starlette.middleware.base import BaseHTTPMiddleware\n"
        "from starlette.responses import JSONResponse\n"
        "async def guard(request, call_next):\n"
        "    if request.method == 'GET' or request.url.path.startswith('/open'):\n"
        "        return await call_next(request)\n"
        "    if request.headers.get('x-api-key') != KEY:\n"
        "        return JSONResponse({}, status_code=401)\n"
        "    return await call_next(request)\n"
        "app = FastAPI()\napp.add_middleware(BaseHTTPMiddleware, dispatch=guard)\n"
        "def answer():\n    return {}\n"
        "for path in ('/open/a', '/shut/a'):\n"
        "    app.add_api_route(path, answer, methods=['GET', 'POST'])\n",
    )
    told = {(one.method, one.path): one.auth for one in found.routes}
    assert told == {
        ("GET", "/open/a"): State.NO,
        ("POST", "/open/a"): State.NO,
        ("GET", "/shut/a"): State.NO,
        ("POST", "/shut/a"): State.YES,
    }


GUARDED = """
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    environment: str
    strict: bool
settings = Settings()
app = FastAPI()
@app.middleware('http')
async def guard(request: Request, call_next):
    if {limits}await busy(request.client.host):
        raise HTTPException(429)
{more}    return await call_next(request)
@app.post('/a')
def a():
    return {{}}
"""
KNOWN = """    if request.headers.get('x-api-key') != KEY:
        raise HTTPException(401)
"""


def test_a_limit_under_a_setting_is_a_third_state(tmp_path: Path) -> None:
    live = "settings.environment == 'production' and "
    (route,) = read(tmp_path, main=GUARDED.format(limits=live, more="")).routes
    assert route.rate_limit is State.CONDITIONAL
    assert route.middlewares[0].condition is not None


def test_a_setting_bears_on_that_alone_which_it_is_asked_for(tmp_path: Path) -> None:
    for limits, told in (
        ("settings.strict and ", State.UNRESOLVED),
        ("", State.YES),
    ):
        (route,) = read(tmp_path, main=GUARDED.format(limits=limits, more=KNOWN)).routes
        assert (route.auth, route.rate_limit) == (State.YES, told)
    passed = GUARDED.format(limits="", more=KNOWN).replace(
        "    if await",
        "    if settings.strict:\n        return await call_next(request)\n    if await",
    )
    (route,) = read(tmp_path, main=passed).routes
    assert (route.auth, route.rate_limit) == (State.CONDITIONAL, State.CONDITIONAL)


def test_starlette_itself_has_routes_and_mounts(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main="from starlette.applications import Starlette\n"
        "from starlette.middleware import Middleware\n"
        "from starlette.middleware.cors import CORSMiddleware\n"
        "from starlette.routing import Mount, Route, WebSocketRoute\n"
        "from starlette.endpoints import HTTPEndpoint\n"
        "class Item(HTTPEndpoint):\n"
        "    async def get(self, request):\n        return None\n"
        "    async def put(self, request):\n        return await request.json()\n"
        "async def one(request):\n    return None\n"
        "app = Starlette(routes=[\n"
        "    Route('/one', one, methods=['POST']), Route('/item', Item),\n"
        "    Mount('/inner', routes=[Route('/two', one)]), WebSocketRoute('/ws', one),\n"
        "], middleware=[Middleware(CORSMiddleware, allow_origins=[])])\n",
    )
    assert paths(found) == [
        ("POST", "/one"),
        ("GET", "/item"),
        ("PUT", "/item"),
        ("GET", "/inner/two"),
    ]
    assert [one.validation for one in found.routes][2] is State.NO
    assert [Role.CORS in one.middleware.roles for one in found.uses] == [True]
    assert found.unresolved == ()


def test_an_app_that_is_made_twice_is_the_one_that_is_served(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main="class Outer:\n    def __init__(self, app):\n        self.app = app\n"
        "    async def __call__(self, scope, receive, send):\n"
        "        if scope['headers'] != 1:\n            raise HTTPException(429)\n"
        "        await self.app(scope, receive, send)\n"
        "def make():\n    app = FastAPI()\n"
        "    app.add_api_route('/a', answer, methods=['POST'])\n    return app\n"
        "def answer():\n    return {}\n"
        "def describe():\n    return len(make().openapi())\n"
        "def serve():\n    return Outer(make())\n",
    )
    assert [(one.path, one.rate_limit) for one in found.routes] == [("/a", State.YES)]


def test_errors_are_told_by_their_status_wherever_it_is_written(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        errors="from http import HTTPStatus\nfrom starlette.status import HTTP_401_UNAUTHORIZED\n"
        "Unknown = HTTPException(status_code=HTTP_401_UNAUTHORIZED)\n"
        "class Nobody(HTTPException):\n"
        "    def __init__(self):\n        super().__init__(HTTPStatus.UNAUTHORIZED)\n"
        "class Said(Exception):\n    status_code = 401\n",
        main="from errors import Nobody, Said, Unknown\n"
        "def one(request: Request):\n    if not request.state.user:\n        raise Unknown\n"
        "def two(request: Request):\n    if not request.state.user:\n        raise Nobody()\n"
        "def three(request: Request):\n    if not request.state.user:\n        raise Said\n"
        "app = FastAPI()\ndef answer():\n    return {}\n"
        "for path, guard in (('/1', one), ('/2', two), ('/3', three)):\n"
        "    app.add_api_route(path, answer, dependencies=[Depends(guard)])\n",
    )
    assert {one.path: one.auth for one in found.routes} == dict.fromkeys(
        ("/1", "/2", "/3"), State.YES
    )
