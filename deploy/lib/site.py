"""site.py FOLDER: the small web server that the demo watches, and breaks.

It listens on free ports of 127.0.0.1: http, https (FOLDER/site.crt and site.key) and a plain TCP port
that greets. Its ports go to FOLDER/ports, one "NAME NUMBER" a line. Trouble is made by writing
FOLDER/trouble, which is read at every request, one line each:

    down PATH           answers 503 to everyone
    cut PATH AGENT      closes the connection without an answer, for the agent of that id alone

An agent is known by the header that it sends with every probe, "Upblit-Probe: AGENT/SLOT/START".
"""
import asyncio
import os
import ssl
import sys

PAGES = {
    "/shop": "Welcome to the shop. 3 items in your basket.\n",
    "/api/health": '{"status":"ok"}\n',
    "/docs": "Documentation: how to ask what happened.\n",
    "/cdn/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
}


def trouble(folder):
    try:
        with open(os.path.join(folder, "trouble")) as lines:
            return [line.split() for line in lines if line.strip()]
    except FileNotFoundError:
        return []


def answer(folder, request):
    """The bytes to send, or None to close without a word."""
    lines = request.decode("latin-1").split("\r\n")
    path = (lines[0].split() + ["", ""])[1]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    agent = headers.get("upblit-probe", "").partition("/")[0].lower()
    status, body = ("200 OK", PAGES[path]) if path in PAGES else ("404 Not Found", "no such page\n")
    for what, where, *who in trouble(folder):
        if where == path and what == "down":
            status, body = "503 Service Unavailable", "the database is gone\n"
        if where == path and what == "cut" and agent in (name.lower() for name in who):
            return None
    return (f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n{body}").encode()


async def main(folder):
    async def web(reader, writer):
        try:
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            reply = answer(folder, request)
            if reply:
                writer.write(reply)
                await writer.drain()
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def greet(reader, writer):
        try:
            writer.write(b"220 mail ready\r\n")
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "site.crt"), os.path.join(folder, "site.key"))
    servers = {
        "http": await asyncio.start_server(web, "127.0.0.1", 0),
        "https": await asyncio.start_server(web, "127.0.0.1", 0, ssl=context),
        "tcp": await asyncio.start_server(greet, "127.0.0.1", 0),
    }
    partial = os.path.join(folder, "ports.partial")
    with open(partial, "w") as ports:
        for name, server in servers.items():
            print(name, server.sockets[0].getsockname()[1], file=ports)
    os.replace(partial, os.path.join(folder, "ports"))
    await asyncio.gather(*(server.serve_forever() for server in servers.values()))


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1]))
    except KeyboardInterrupt:
        pass
