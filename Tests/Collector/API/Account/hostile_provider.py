"""A provider of identities that answers each code with an identity token that has one flaw.

usage: hostile_provider.py PORT

GET /begin?nonce=NONCE notes what the next tokens are to answer. The code names the flaw; "right" has none.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

PORT = int(sys.argv[1])
ISSUER = f"http://127.0.0.1:{PORT}"
OURS = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
CURVE = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})
FOREIGN = RSAKey.generate_key(2048, {"kid": "ours"})
STATE = {"nonce": ""}


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header, claims, secret=None):
    signed = f"{text(json.dumps(header).encode())}.{text(json.dumps(claims).encode())}"
    if secret is None:
        return signed + "."
    return f"{signed}.{text(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def token(flaw):
    now = int(time.time())
    claims = {
        "iss": ISSUER, "sub": "alice", "aud": "upblit", "iat": now, "exp": now + 60,
        "nonce": STATE["nonce"], "email": "alice@example.org", "email_verified": True,
    }
    header = {"alg": "RS256", "kid": "ours"}
    key = OURS
    match flaw:
        case "curve": header, key = {"alg": "ES256", "kid": "curve"}, CURVE
        case "audience-list": claims["aud"], claims["azp"] = ["upblit", "other"], "upblit"
        case "issuer": claims["iss"] = "http://127.0.0.1:1"
        case "audience": claims["aud"] = "other"
        case "audience-party": claims["aud"], claims["azp"] = ["upblit", "other"], "other"
        case "audience-nobody": claims["aud"] = ["upblit", "other"]
        case "expired": claims["exp"] = now - 3600
        case "nonce": claims["nonce"] = "another"
        case "no-nonce": del claims["nonce"]
        case "nobody": claims["sub"] = ""
        case "key": key = FOREIGN
        case "kid": header["kid"] = "unknown"
        case "none": return by_hand({"alg": "none", "kid": "ours"}, claims)
        case "shared":
            return by_hand({"alg": "HS256", "kid": "ours"}, claims, b"sesame")
        case "confused":
            public = OURS.as_pem(private=False)
            return by_hand({"alg": "HS256", "kid": "ours"}, claims, public)
        case "garbage": return "a.b.c"
        case "long": claims["email"] = "a" * 100_000
    algorithms = [header["alg"]]
    return jwt.encode(header, claims, key, algorithms=algorithms)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/.well-known/openid-configuration":
            self.answer({
                "issuer": ISSUER, "authorization_endpoint": ISSUER + "/authorize",
                "token_endpoint": ISSUER + "/token", "jwks_uri": ISSUER + "/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            })
        elif url.path == "/keys":
            secret = {"kty": "oct", "kid": "shared", "k": text(b"sesame")}
            keys = [key.as_dict(private=False) for key in (OURS, CURVE)] + [secret, {"kty": "new"}]
            self.answer({"keys": keys})
        elif url.path == "/begin":
            STATE["nonce"] = parse_qs(url.query)["nonce"][0]
            self.answer({})
        else:
            self.answer({}, 404)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        flaw = form["code"][0]
        if form.get("client_secret") != ["sesame"] or "code_verifier" not in form:
            self.answer({"error": "invalid_client"}, 401)
        elif flaw == "no-token":
            self.answer({"access_token": "x", "token_type": "Bearer"})
        else:
            self.answer({
                "access_token": "x", "token_type": "Bearer", "expires_in": 60,
                "id_token": token(flaw),
            })


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
