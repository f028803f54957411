"""The client for all requests, against real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Callable, Sequence

import pytest

from chat_app.tools.network import Network
from chat_app.tools.network_errors import (
    AddressRefused,
    AnswerRefused,
    NetworkError,
    NotReachable,
    RequestRefused,
    TookTooLong,
)
from chat_app.tools.policy import NetworkPolicy, hosts
from tests.tools.web_server import Asked, WebServer, web_server


async def test_a_request_reaches_the_server_whole(web: WebServer, network: Network) -> None:
    web.says("/items", '{"ok": [1, "é"]}', status=201, Content_Type="application/json; charset=utf-8", X_One="1")
    answer = await network.request(
        "post",
        f"{web.url}/items?a=1",
        headers={"Authorization": "Bearer k", "X-Trace": "t"},
        query={"q": "é b", "flag": True, "many": [1, 2], "none": None},
        json_body={"name": "中"},
    )
    assert (answer.status, answer.json, answer.media_type) == (201, {"ok": [1, "é"]}, "application/json")
    assert answer.headers["x-one"] == "1"
    asked = web.asked[0]
    assert asked.method == "POST"
    assert asked.target == "/items?a=1&q=%C3%A9+b&flag=true&many=1&many=2"
    assert json.loads(asked.body) == {"name": "中"}
    assert asked.headers["authorization"] == "Bearer k"
    assert asked.headers["host"] == f"127.0.0.1:{web.port}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"] == "workflow-chat"


async def test_the_environment_adds_no_proxy(
    web: WebServer, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    web.says("/", "hi")
    assert (await network.request("GET", web.url)).text == "hi"


@pytest.mark.parametrize("status", [204, 404, 500])
async def test_every_status_is_an_answer(web: WebServer, network: Network, status: int) -> None:
    web.says("/s", "", status=status)
    assert (await network.request("GET", f"{web.url}/s")).status == status


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("grüße".encode("latin-1"), "text/plain; charset=iso-8859-1", "grüße"),
        ("grüße".encode(), "text/plain", "grüße"),
        ("\ufeffhi".encode("utf-16-le"), "text/csv", "hi"),
        ("中".encode(), "text/html; charset=no-such-set", "中"),
        (b"\x89PNG\x00\x00", "image/png", ""),
        (b"a\x00b", "", ""),
        (b"\xff\xfe\xfa", "text/plain; charset=utf-8", None),
    ],
)
async def test_text_is_read_as_it_says(
    web: WebServer, network: Network, body: bytes, kind: str, text: str | None
) -> None:
    web.says("/t", body, Content_Type=kind)
    answer = await network.request("GET", f"{web.url}/t")
    assert answer.body == body
    if text is not None:
        assert answer.text == text


async def test_broken_json_is_text(web: WebServer, network: Network) -> None:
    web.says("/j", '{"a": NaN', Content_Type="application/problem+json")
    answer = await network.request("GET", f"{web.url}/j")
    assert answer.json is None
    assert answer.text == '{"a": NaN'


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(b"hello" * 100, mtime=0), "gzip"),
        (gzip.compress(b"hello" * 50, mtime=0) + gzip.compress(b"hello" * 50, mtime=0), "gzip"),
        (zlib.compress(b"hello" * 100), "deflate"),
        (zlib.compress(b"hello" * 100)[2:-4], "deflate"),
        (b"hello" * 100, "identity"),
    ],
)
async def test_packed_answers_are_unpacked(web: WebServer, network: Network, packed: bytes, encoding: str) -> None:
    web.says("/p", packed, Content_Encoding=encoding, Content_Type="text/plain")
    assert (await network.request("GET", f"{web.url}/p")).text == "hello" * 100


@pytest.mark.parametrize(
    ("packed", "encoding", "says"),
    [
        (lambda: gzip.compress(b"0" * 50_000_000, mtime=0), "gzip", "larger than"),
        (lambda: zlib.compress(b"0" * 50_000_000), "deflate", "larger than"),
        (b"\x00" * 200_000, "identity", "larger than"),
        (b"anything", "br", "not asked for"),
        (lambda: gzip.compress(gzip.compress(b"0" * 9_000_000, mtime=0), mtime=0), "gzip, gzip", "not asked for"),
        (b"no gzip at all", "gzip", "damaged"),
    ],
    ids=["gzip", "deflate", "plain", "unknown", "twice", "damaged"],
)
async def test_bombs_and_garbage_are_refused(
    web: WebServer, network: Network, packed: bytes | Callable[[], bytes], encoding: str, says: str
) -> None:
    web.says("/b", packed() if callable(packed) else packed, Content_Encoding=encoding)
    with pytest.raises(AnswerRefused, match=says):
        await network.request("GET", f"{web.url}/b")


async def test_an_endless_body_ends(web: WebServer, network: Network) -> None:
    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    web.answers["/e"] = endless
    with pytest.raises(AnswerRefused, match="larger than"):
        await network.request("GET", f"{web.url}/e")


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nX: "])
async def test_a_slow_drip_is_cut_off(web: WebServer, network: Network, head: bytes) -> None:
    async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x" if head else b"")
            await writer.drain()
            await asyncio.sleep(0.05)

    web.answers["/d"] = drip
    began = time.monotonic()
    with pytest.raises(TookTooLong, match=r"within 0\.5 seconds"):
        await network.request("GET", f"{web.url}/d", seconds=0.5)
    assert time.monotonic() - began < 10


async def test_endless_headers_and_garbage_are_no_answer(web: WebServer, network: Network) -> None:
    async def headers(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: " + b"y" * 1000 + b"\r\n")
            await writer.drain()

    async def garbage(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x01 this is no HTTP\r\n\r\n")

    web.answers |= {"/h": headers, "/g": garbage}
    for path in ("/h", "/g"):
        with pytest.raises(AnswerRefused, match="as a web server does"):
            await network.request("GET", web.url + path)


async def test_a_cut_body_is_no_answer(web: WebServer, network: Network) -> None:
    async def cut(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")

    web.answers["/c"] = cut
    with pytest.raises(NetworkError):
        await network.request("GET", f"{web.url}/c")


FORBIDDEN = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[fe80::1]/",
    "http://168.63.129.16/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://\u2460\u2461\u2466.0.0.1:{port}/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:{port}/_x",
    "unix:///var/run/docker.sock",
    "data:text/plain,hi",
    "http://user:pass@127.0.0.1:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    "http://",
    "",
]


@pytest.mark.parametrize("url", FORBIDDEN)
async def test_no_form_of_a_forbidden_address_is_contacted(web: WebServer, url: str) -> None:
    with pytest.raises((AddressRefused, RequestRefused, NotReachable)) as refused:
        await Network().request("GET", url.format(port=web.port))
    assert refused.value.help
    assert web.asked == []


@pytest.mark.parametrize("url", FORBIDDEN)
@pytest.mark.parametrize("status", [301, 307])
async def test_no_redirect_leads_to_a_forbidden_address(url: str, status: int) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        """A name that the operator trusts, and the system for the rest."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo("127.0.0.1" if host == "trusted.test" else host, port)
        return [str(entry[4][0]) for entry in found]

    network = Network(NetworkPolicy(allowed=frozenset({"trusted.test"}), seconds=2), resolver)
    async with web_server() as inside, web_server() as trusted:
        place = url.format(port=inside.port)
        trusted.leads("/", place, status)
        # A bare path, or none, stays on the trusted host: that is no way in.
        try:
            answer = await network.request("GET", f"http://trusted.test:{trusted.port}/")
        except NetworkError as refused:
            assert refused.help
        else:
            assert answer.url.startswith(f"http://trusted.test:{trusted.port}/")
            assert answer.status == 404
        assert inside.asked == []


async def test_a_name_that_changes_its_address_is_judged_and_used_once(web: WebServer) -> None:
    answers = [["203.0.113.7"], ["127.0.0.1"]]
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), 2) - 1]

    network = Network(NetworkPolicy(seconds=1), rebinding)
    with pytest.raises(AddressRefused):
        await network.request("GET", f"http://rebind.test:{web.port}/")
    asked.clear()
    answers[0] = ["8.8.8.8"]
    pinned = Network(NetworkPolicy(seconds=0.3), rebinding)
    with pytest.raises((TookTooLong, NotReachable)):
        await pinned.request("GET", f"http://rebind.test:{web.port}/")
    assert asked == ["rebind.test"]
    assert web.asked == []


async def test_the_connection_goes_to_the_judged_address_under_the_hosts_name(web: WebServer) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    web.says("/x", "here")
    network = Network(NetworkPolicy(allowed=frozenset({"api.test"})), resolver)
    answer = await network.request("GET", f"http://api.test:{web.port}/x")
    assert (answer.text, answer.url) == ("here", f"http://api.test:{web.port}/x")
    assert web.asked[0].headers["host"] == f"api.test:{web.port}"


async def test_the_next_address_is_tried_when_one_does_not_connect(web: WebServer) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.77", "127.0.0.1"]

    web.says("/x", "here")
    network = Network(NetworkPolicy(allowed=frozenset({"api.test"})), resolver)
    assert (await network.request("GET", f"http://api.test:{web.port}/x")).text == "here"


async def test_one_private_address_spoils_all(web: WebServer) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["8.8.8.8", "127.0.0.1"]

    with pytest.raises(AddressRefused, match=r"leads to 127\.0\.0\.1"):
        await Network(NetworkPolicy(), resolver).request("GET", f"http://two.test:{web.port}/")


async def test_redirects_on_one_host_keep_headers_and_change_methods_as_browsers_do(
    web: WebServer, network: Network
) -> None:
    web.leads("/a", "/b", 307)
    web.leads("/b", f"{web.url}/c", 303)
    web.says("/c", "end")
    answer = await network.request("POST", f"{web.url}/a", headers={"X-Key": "k"}, body="data")
    assert (answer.text, answer.url) == ("end", f"{web.url}/c")
    assert [(asked.method, asked.body) for asked in web.asked] == [("POST", b"data"), ("POST", b"data"), ("GET", b"")]
    assert all(asked.headers["x-key"] == "k" for asked in web.asked)


async def test_keys_and_bodies_do_not_follow_to_another_origin(web: WebServer, network: Network) -> None:
    async with web_server() as other:
        other.says("/", "other")
        web.leads("/get", f"{other.url}/", 302)
        web.leads("/post", f"{other.url}/", 308)
        answer = await network.request(
            "GET", f"{web.url}/get", headers={"Authorization": "s", "X-Api-Key": "s", "Cookie": "s", "Accept": "a/b"}
        )
        assert answer.text == "other"
        sent = other.asked[0].headers
        assert not {"authorization", "x-api-key", "cookie"} & set(sent)
        assert sent["accept"] == "a/b"
        with pytest.raises(AddressRefused, match="sends the request's body on"):
            await network.request("POST", f"{web.url}/post", body="secret")
        assert len(other.asked) == 1


async def test_redirects_come_to_an_end(web: WebServer, network: Network) -> None:
    web.leads("/loop", "/loop")
    with pytest.raises(AnswerRefused, match="more than 5 redirects"):
        await network.request("GET", f"{web.url}/loop")
    assert len(web.asked) == 6


async def test_no_cookie_is_kept(web: WebServer, network: Network) -> None:
    web.says("/set", "", Set_Cookie="a=1")
    for _ in range(2):
        await network.request("GET", f"{web.url}/set")
    assert "cookie" not in web.asked[1].headers


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"headers": {"Host": "evil"}}, "made by the app"),
        ({"headers": {"Content-Length": "1"}}, "made by the app"),
        ({"headers": {"X": "a\r\nInjected: 1"}}, "cannot be sent"),
        ({"headers": {"X\r\nInjected": "1"}}, "cannot be sent"),
        ({"headers": {"X Y": "1"}}, "cannot be sent"),
        ({"headers": {"X": "中"}}, "cannot be sent"),
        ({"json_body": {"a": float("nan")}}, "cannot be sent"),
        ({"json_body": {}, "body": "x"}, "not both"),
        ({"body": "x" * 11_000_000}, "allowed"),
        ({"method": "TRACE"}, "no method"),
        ({"url": "http://127.0.0.1\r\n:80/"}, "URL"),
        ({"url": "http://127.0.0.1:99999/"}, "no port"),
    ],
)
async def test_requests_that_make_no_sense_are_refused(
    web: WebServer, network: Network, extra: dict[str, object], says: str
) -> None:
    arguments: dict[str, object] = {"method": "POST", "url": web.url, **extra}
    with pytest.raises(RequestRefused, match=says):
        await network.request(**arguments)  # type: ignore[arg-type]
    assert web.asked == []


async def test_who_is_not_there_is_not_reachable(network: Network) -> None:
    async with web_server() as gone:
        url = gone.url
    with pytest.raises(NotReachable, match=r"127\.0\.0\.1 could not be reached"):
        await network.request("GET", url)
    with pytest.raises(NotReachable, match="could not be found"):
        await network.request("GET", "http://no-such-name.invalid/")


async def test_the_operator_names_who_may_be_contacted(web: WebServer) -> None:
    web.says("/", "hi")
    port = f"127.0.0.1:{web.port}"
    for policy in (
        NetworkPolicy(allowed=hosts(f"other.test, {port}")),
        NetworkPolicy(allowed=hosts("127.0.0.1"), only=hosts("other.test")),
    ):
        assert (await Network(policy).request("GET", web.url)).text == "hi"
    for policy in (
        NetworkPolicy(allowed=hosts("127.0.0.1:1")),
        NetworkPolicy(allowed=hosts("127.0.0.1"), denied=hosts(port)),
        NetworkPolicy(only=hosts("*.example.com")),
    ):
        with pytest.raises(AddressRefused):
            await Network(policy).request("GET", web.url)
    assert NetworkPolicy(only=hosts("*.example.com")).is_denied("example.com", 443)
    assert not NetworkPolicy(only=hosts("*.example.com")).is_denied("a.b.example.com", 443)
    assert NetworkPolicy(only=hosts("*.example.com")).is_denied("badexample.com", 443)


async def test_ipv6_hosts_are_reached() -> None:
    async with web_server("::1") as web:
        web.says("/", "six")
        network = Network(NetworkPolicy(allowed=frozenset({"::1"})))
        assert (await network.request("GET", f"http://[::1]:{web.port}/")).text == "six"
        assert web.asked[0].headers["host"] == f"[::1]:{web.port}"


async def test_stopping_drops_the_connection(web: WebServer, network: Network) -> None:
    asked_for, dropped = asyncio.Event(), asyncio.Event()

    async def hang(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        await writer.drain()
        asked_for.set()
        try:
            while not writer.transport.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.02)
        finally:
            dropped.set()

    web.answers["/h"] = hang
    running = asyncio.create_task(network.request("GET", f"{web.url}/h"))
    await asked_for.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(dropped.wait(), 2)
