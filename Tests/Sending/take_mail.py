"""An SMTP server on the loopback that takes mails and prints each as a line of JSON.

    take_mail.py MODE CODE FOLDER [QUIRK...]

MODE is tls, starttls, or bare (no TLS to be had). CODE is what a mail is answered in the end. FOLDER gets a
certificate of its own; the first line that is printed holds the port. It ends with its standard input. QUIRK is
silent-goodbye (QUIT is not answered), or an address that is nobody's here.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading

mode, code, folder = sys.argv[1:4]
quirks = sys.argv[4:]
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
     "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
     "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"],
    check=True, capture_output=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/certificate.pem", f"{folder}/key.pem")


def serve(connection):
    mail = {"secured": mode == "tls", "auth": None, "from": None, "to": [], "data": None}
    try:
        if mode == "tls":
            connection = context.wrap_socket(connection, server_side=True)
        lines = connection.makefile("rb")

        def say(text):
            connection.sendall(text.encode() + b"\r\n")

        say("220 localhost")
        while line := lines.readline():
            word, _, rest = line.decode().strip().partition(" ")
            match word.upper():
                case "EHLO":
                    offers = ["localhost", "SIZE 1000000"]
                    if mode == "starttls" and not mail["secured"]:
                        offers.append("STARTTLS")
                    else:
                        offers.append("AUTH PLAIN")
                    for offer in offers[:-1]:
                        say(f"250-{offer}")
                    say(f"250 {offers[-1]}")
                case "STARTTLS":
                    say("220 go")
                    connection = context.wrap_socket(connection, server_side=True)
                    lines = connection.makefile("rb")
                    mail["secured"] = True
                case "AUTH":
                    if rest == "PLAIN":
                        say("334 ")
                        rest = "PLAIN " + lines.readline().decode().strip()
                    mail["auth"] = rest
                    say("235 2.7.0 welcome")
                case "MAIL":
                    mail["from"] = rest
                    say("250 2.1.0 fine")
                case "RCPT":
                    if any(quirk in rest for quirk in quirks):
                        say(f"550 5.1.1 {rest} is nobody here")
                    else:
                        mail["to"].append(rest)
                        say("250 2.1.5 fine")
                case "DATA":
                    say("354 go on")
                    data = b""
                    while (line := lines.readline()) != b".\r\n":
                        data += line[1:] if line.startswith(b".") else line
                    mail["data"] = data.decode()
                    print(json.dumps(mail), flush=True)
                    say(f"{code} 2.0.0 that is my answer")
                case "QUIT":
                    if "silent-goodbye" in quirks:
                        lines.read()
                    say("221 bye")
                    return
                case _:
                    say("502 what?")
    except OSError:
        pass
    finally:
        connection.close()


listener = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"port": listener.getsockname()[1]}), flush=True)


def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
sys.stdin.read()
os._exit(0)
