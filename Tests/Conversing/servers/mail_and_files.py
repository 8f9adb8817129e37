"""A mail server (aiosmtpd) or a file server (pyftpdlib) on a port of 127.0.0.1, that runs until it is killed.
With TLS it shows what both.pem holds in the current folder.

usage: mail_and_files.py smtp|ftp PORT tls|plain"""

import asyncio
import ssl
import sys


def serve_mail(port, has_tls):
    from aiosmtpd.handlers import Sink
    from aiosmtpd.smtp import SMTP

    context = None
    if has_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("both.pem")

    async def serve():
        make = lambda: SMTP(Sink(), hostname="localhost", tls_context=context)
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def serve_files(port, has_tls):
    from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
    from pyftpdlib.servers import FTPServer

    class Handler(TLS_FTPHandler if has_tls else FTPHandler):
        certfile = "both.pem"

    FTPServer(("127.0.0.1", port), Handler).serve_forever()


{"smtp": serve_mail, "ftp": serve_files}[sys.argv[1]](int(sys.argv[2]), sys.argv[3] == "tls")
