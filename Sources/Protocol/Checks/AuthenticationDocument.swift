import JSON
import Model

/// The member `auth` of an http check, one of
///
/// ```json
/// {"kind": "basic", "user": "monitor", "password": "..."}
/// {"kind": "digest", "user": "monitor", "password": "..."}
/// {"kind": "ntlm", "user": "DOMAIN\\monitor", "password": "..."}
/// {"kind": "bearer", "token": "..."}
/// {"kind": "oauth2", "token_url": "https://login.example.org/token", "client_id": "monitor",
///  "client_secret": "...", "scopes": ["read"]}
/// {"kind": "aws_sigv4", "region": "eu-central-1", "service": "execute-api", "access_key": "AKIA...",
///  "secret_key": "...", "session_token": null}
/// ```
enum AuthenticationDocument {
  static func json(_ authentication: HTTPAuthentication, hidingSecrets: Bool) -> JSONValue {
    func secret(_ value: String?) -> JSONValue { CheckSecrets.json(value, hidden: hidingSecrets) }
    return switch authentication {
    case .basic(let user, let password):
      ["kind": "basic", "user": .string(user), "password": secret(password)]
    case .digest(let user, let password):
      ["kind": "digest", "user": .string(user), "password": secret(password)]
    case .ntlm(let user, let password):
      ["kind": "ntlm", "user": .string(user), "password": secret(password)]
    case .bearer(let token): ["kind": "bearer", "token": secret(token)]
    case .oauth2(let oauth):
      [
        "kind": "oauth2", "token_url": .string(oauth.tokenURL),
        "client_id": .string(oauth.clientID), "client_secret": secret(oauth.clientSecret),
        "scopes": .strings(oauth.scopes),
      ]
    case .sigV4(let signing):
      [
        "kind": "aws_sigv4", "region": .string(signing.region),
        "service": .string(signing.service), "access_key": .string(signing.accessKey),
        "secret_key": secret(signing.secretKey), "session_token": secret(signing.sessionToken),
      ]
    }
  }

  static func read(
    _ reader: inout ObjectReader, _ secrets: inout SecretReader
  ) -> HTTPAuthentication? {
    reader.require("kind")
    let kinds = ["basic", "digest", "ntlm", "bearer", "oauth2", "aws_sigv4"]
    guard let kind = reader.word("kind", of: kinds) else { return nil }
    func required(_ name: String, _ reader: inout ObjectReader) -> String {
      reader.require(name)
      return reader.string(name, bytes: 1...1024) ?? ""
    }
    func secret(
      _ name: String, _ reader: inout ObjectReader, _ secrets: inout SecretReader
    ) -> String {
      reader.require(name)
      return secrets.member(name, bytes: 0...4096, &reader) ?? ""
    }
    switch kind {
    case "basic":
      return .basic(
        user: required("user", &reader), password: secret("password", &reader, &secrets))
    case "digest":
      return .digest(
        user: required("user", &reader), password: secret("password", &reader, &secrets))
    case "ntlm":
      return .ntlm(
        user: required("user", &reader), password: secret("password", &reader, &secrets))
    case "bearer": return .bearer(token: secret("token", &reader, &secrets))
    case "oauth2":
      return .oauth2(
        HTTPAuthentication.OAuth2(
          tokenURL: required("token_url", &reader), clientID: required("client_id", &reader),
          clientSecret: secret("client_secret", &reader, &secrets),
          scopes: reader.strings("scopes", count: 32, bytes: 1...256) ?? []))
    default:
      return .sigV4(
        HTTPAuthentication.SigV4(
          region: required("region", &reader), service: required("service", &reader),
          accessKey: required("access_key", &reader),
          secretKey: secret("secret_key", &reader, &secrets),
          sessionToken: secrets.member("session_token", bytes: 1...4096, &reader)))
    }
  }
}
