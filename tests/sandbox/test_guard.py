import pytest

from bot.sandbox.guard import refusal
from tests.sandbox.pages import ORIGIN, page_of, said
from tests.sandbox.worlds import CLEAR_CREEK, ZHAO, make_world


@pytest.mark.parametrize("client", ["192.168.1.7", "10.0.0.1", "8.8.8.8", "fe80::1", "testclient"])
async def test_an_address_that_is_not_this_machine_is_refused(client: str):
    async with page_of(make_world(), client=client) as http:
        assert (await http.get("/")).status_code == 403
        assert (await http.get("/api/state")).status_code == 403


@pytest.mark.parametrize(
    "host", ["zhixin.example", "127.0.0.1.zhixin.example", "localhost.zhixin.example:8080", "0.0.0.0:8080"]
)
async def test_a_foreign_host_name_is_refused_though_it_leads_here(host: str):
    async with page_of(make_world(), host=host) as http:
        for path in ("/", "/api/state", "/static/main.js"):
            assert (await http.get(path)).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "127.0.0.2:9", "[::1]:8080"])
async def test_this_machine_by_any_of_its_names_is_served(host: str):
    async with page_of(make_world(), host=host) as http:
        assert (await http.get("/")).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_what_came_through_a_proxy_is_refused(header: str):
    async with page_of(make_world()) as http:
        assert (await http.get("/", headers={header: "127.0.0.1"})).status_code == 403


@pytest.mark.parametrize(
    "origin",
    ["https://zhixin.example", "null", "http://127.0.0.1:9999", "http://localhost:8080", "", f"{ORIGIN}.example"],
)
async def test_a_foreign_page_cannot_act(origin: str):
    world = make_world()
    async with page_of(world, Origin=origin) as http:
        for path, body in (("say", said("不是我说的")), ("leave", {"person": ZHAO, "group": CLEAR_CREEK})):
            assert (await http.post(f"/api/{path}", json=body)).status_code == 403
    assert world.last_change == 0


def test_a_request_without_origin_or_with_two_hosts_is_refused():
    scope = {"type": "http", "method": "POST", "client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost")]}
    assert refusal(scope) == 403
    both = [(b"host", b"localhost"), (b"host", b"zhixin.example")]
    assert refusal({**scope, "method": "GET", "headers": both}) == 403
    assert refusal({**scope, "method": "GET", "client": None}) == 403
    assert refusal({**scope, "method": "GET"}) is None


def test_a_body_without_a_length_or_too_long_is_refused_before_it_is_read():
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    scope = {"type": "http", "method": "POST", "client": ("::1", 1), "headers": headers}
    assert refusal(scope) == 411
    assert refusal({**scope, "headers": [*headers, (b"content-length", b"65537")]}) == 413
    assert refusal({**scope, "headers": [*headers, (b"content-length", b"10")]}) is None
