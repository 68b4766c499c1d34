"""What no client library would send: the answer is a refusal, and the server goes on."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest

CLOSING = b"Connection: close\r\n"


async def exchange(address: str, *parts: bytes) -> bytes:
    """What the server says to these bytes until it closes."""
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


def head(client, *headers: bytes, path: bytes = b"/lockers") -> bytes:
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: x", f"Authorization: {client.authorization}".encode()]
    return b"\r\n".join([*lines, *headers, b"Connection: close", b"", b""])


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}".encode() + b"\r\n" + data + b"\r\n"


async def test_a_body_that_does_not_say_its_length_is_counted_as_it_comes(client, address):
    parts = [chunk(b"x" * 64 * 1024)] * 5
    answer = await exchange(address, head(client, b"Transfer-Encoding: chunked"), *parts, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"urn:rapport:problem:too-large" in answer


async def test_a_small_body_in_many_chunks_is_taken(client, address):
    parts = [chunk(bytes([each])) for each in b'{"room": 1}']
    answer = await exchange(address, head(client, b"Transfer-Encoding: chunked"), *parts, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 201 ")


async def test_a_length_beyond_the_limit_is_refused_before_the_body_comes(client, address):
    answer = await exchange(address, head(client, b"Content-Length: 999999999999"))
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_less_than_the_length_says_is_no_command(client, address, log):
    place = urlsplit(address)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(head(client, b"Content-Length: 50") + b'{"room": 1}')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await client.post("/lockers", {"room": 1})).status_code == 201
    assert await log.fetchval("SELECT count(*) FROM event WHERE org_id = $1", client.org) == 1


@pytest.mark.parametrize(
    "request_line",
    [
        b"POST /lockers/\xff\xfe/empty-locker HTTP/1.1",
        b"POST /lockers/%ff/empty-locker HTTP/1.1",
        b"POST //////// HTTP/1.1",
        b"POST /lockers?\xff HTTP/1.1",
        b"POST * HTTP/1.1",
        b"GET http://[::1 HTTP/1.1",
        b"NONSENSE",
        b"POST /lockers HTTP/9.9",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_a_request_line_that_is_none_is_refused(client, address, request_line):
    answer = await exchange(
        address, request_line + b"\r\nHost: x\r\n" + CLOSING + b"Content-Length: 2\r\n\r\n{}"
    )
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert (await client.post("/lockers", {"room": 1})).status_code == 201


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: -1",
        b"Content-Length: x",
        b"Content-Type: \xff",
        b"Accept: \xff",
        b"If-Match: \xff",
        b"Idempotency-Key: \x01",
    ],
)
async def test_a_header_that_is_none_is_refused(client, address, header):
    answer = await exchange(address, head(client, header) + b'{"room": 1}')
    assert answer.startswith(b"HTTP/1.1 4"), answer


async def test_two_requests_in_one_packet_are_two_answers(client, address):
    one = head(client, b"Content-Length: 11") + b'{"room": 1}'
    answer = await exchange(address, one.replace(b"Connection: close\r\n", b"") + one)
    assert answer.count(b"HTTP/1.1 201 ") == 2


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"POST /lockers HTTP/1.1\r\nno header\r\n\r\n",
        b"POST /lockers HTTP/1.1\r\nContent-Length: some\r\n\r\n",
        b"POST /lockers HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
        "POST /löckers HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    ],
)
async def test_what_is_no_http_is_refused_by_a_problem(client, address, sent):
    answer = await exchange(address, sent)
    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in top
    assert f"content-length: {len(body)}".encode() in top
    problem = json.loads(body)
    assert (problem["type"], problem["status"]) == ("urn:rapport:problem:malformed-request", 400)
    assert (await client.post("/lockers", {"room": 1})).status_code == 201
