"""hostile.py PORT: web servers on 127.0.0.1 that waste the time of who asks them, until killed.

Prints a line when it is asked for the first time.

The path says how, by its first word: `flood` sends without end, as fast as it is read; `drip` a byte ten
times a second; `headers` header lines without end; `silent` accepts and says nothing; `close` ends the
connection in the middle of the head; `lie` announces more than it sends, and stays.
"""
import asyncio
import sys

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
BLOCK = bytes(65536)


async def waste(how, writer):
    if how == "silent":
        await asyncio.sleep(60)
        return
    if how == "close":
        writer.write(HEAD)
        return
    if how == "lie":
        writer.write(HEAD + b"Content-Length: 1000000\r\n\r\nshort")
        await writer.drain()
        await asyncio.sleep(60)
        return
    writer.write(HEAD if how == "headers" else HEAD + b"\r\n")
    number = 0
    while True:
        number += 1
        if how == "flood":
            writer.write(BLOCK)
        elif how == "headers":
            writer.write(f"X-{number}: {'x' * 512}\r\n".encode())
        else:
            writer.write(b".")
            await asyncio.sleep(0.1)
        await writer.drain()


asked = False


async def serve(reader, writer):
    global asked
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if not asked:
            asked = True
            print("asked", flush=True)
        await waste(head.split(b" ")[1].decode().strip("/").partition("/")[0], writer)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # the other side has had enough
    finally:
        writer.close()


async def main(port):
    server = await asyncio.start_server(serve, "127.0.0.1", int(port), backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
