import JSON
import Store

/// The forms of people, their sessions and how they sign in.
enum AccountSchema {
  static let email = Schema.string(3...254).example("alice@example.org")
  static let password = Schema.string(1...1024).described(
    "12 to 256 characters, not of few different ones."
  ).example("correct horse battery")
  static let present = Schema.string(1...1024).example("correct horse battery")
  static let name = Schema.line(1...100).example("Alice")
  static let role = Schema.words(Role.allCases.map(\.rawValue))
  static let code = Schema.string(6...64).described("A one-time code, or a recovery code.")
    .example("123456")
  static let secret = Schema.string(1...64)
  static let kind = Schema.words(LoginSession.Kind.allCases.map(\.rawValue))

  static let person: Schema = Schema.told([
    "id": .id, "email": .text, "name": .text, "is_operator": .bool, "has_password": .bool,
    "has_second_factor": .bool, "recovery_codes_left": .count,
    "organizations": .array(of: .told(["id": .id, "name": .text, "role": role])),
    "created_at": .time, "updated_at": .time,
  ]).named("Person")

  static let session: Schema = Schema.told([
    "id": .id, "kind": kind, "created_at": .time,
    "used_at": Schema.time.described("To the minute."),
    "expires_at": Schema.time.described("When it ends even if it is used."),
    "address": Schema.text.nullable, "user_agent": Schema.text.nullable,
    "current": Schema.bool.described("Whether this request came with it."),
  ]).named("Session")

  static let login: Schema = Schema.told([
    "access_token": Schema.text.nullable.described(
      "Send it as `Authorization: Bearer`. `null` in a browser, whose cookie is set instead."),
    "token_type": .exactly("Bearer"),
    "expires_in": Schema.count.described("How long the access token holds, seconds."),
    "refresh_token": Schema.text.nullable.described(
      "For `POST /api/v1/login/refresh`, once: each answer brings the next. `null` in a browser."),
    "session": session, "person": person,
  ]).named("Login")

  static let credentials: Schema = Schema.sent(
    [
      "email": email, "password": present, "code": code, "kind": kind.byDefault("command"),
    ], required: ["email", "password"]
  ).named("Credentials")

  static let refresh: Schema = Schema.sent(
    ["refresh_token": secret], required: ["refresh_token"]
  ).named("Refresh")

  static let setup: Schema = Schema.sent(
    [
      "secret": secret, "email": email, "name": name, "password": password,
      "organization": Schema.line(1...100).example("main"), "kind": kind.byDefault("command"),
    ], required: ["secret", "email", "name", "password", "organization"]
  ).named("Setup")

  static let change: Schema = Schema.sent(["name": name, "email": email, "password": present])
    .named("AccountChange")

  static let passwordChange: Schema = Schema.sent(
    ["password": present, "new_password": password], required: ["password", "new_password"]
  ).named("PasswordChange")

  static let identity: Schema = Schema.told([
    "id": .id, "issuer": .text, "subject": Schema.text.described("Who you are there."),
    "created_at": .time, "last_used_at": Schema.time.nullable,
  ]).named("LinkedIdentity")

  static let passwordProof: Schema = Schema.sent(["password": present], required: ["password"])
    .named("OwnPassword")
  static let proof: Schema = Schema.sent(
    ["password": present, "code": code], required: ["password"]
  ).named("PasswordProof")
  static let fullProof: Schema = Schema.sent(
    ["password": present, "code": code], required: ["password", "code"]
  ).named("FullProof")
  static let codeProof: Schema = Schema.sent(["code": code], required: ["code"]).named("CodeProof")

  static let totp: Schema = Schema.told([
    "secret": Schema.text.described("Base 32, to type into an authenticator program."),
    "uri": Schema.text.described("The same as `otpauth://`, for a QR code."),
  ]).named("OneTimeSecret")

  static let recoveryCodes: Schema = Schema.told([
    "recovery_codes": Schema.array(of: .text).described(
      "Each signs in once, without the device.")
  ]).named("RecoveryCodes")

  static let keys: Schema = Schema.told([
    "keys": .array(
      of: .told([
        "kty": .exactly("EC"), "crv": .exactly("P-256"), "alg": .exactly("ES256"),
        "use": .exactly("sig"), "kid": .text, "x": .text, "y": .text,
      ]))
  ]).named("KeySet")
}
