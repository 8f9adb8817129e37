import JSON
import Model
import Postgres
import SignIn
import Store

/// `/api/v1/account`: what a person changes of themselves.
enum AccountResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/account", .person,
      Operation(
        "getAccount", .account, "Read your account",
        answer: .tagged(AccountSchema.person, "You.")), handler: get),
    .patch(
      "/api/v1/account", .person,
      Operation(
        "changeAccount", .account, "Change your name or e-mail address",
        "A new address needs the present `password`.", body: AccountSchema.change,
        examples: [("a name", ["name": "Alice"])],
        answer: .tagged(AccountSchema.person, "You, as you are now."),
        refusals: [.conflict, .wrongCredentials, .overloaded], isConditional: true),
      handler: change),
    .post(
      "/api/v1/account/password", .person,
      Operation(
        "changePassword", .account, "Change your password",
        "All sessions end, this one too: the answer begins a new one.",
        body: AccountSchema.passwordChange,
        answer: .created(AccountSchema.login, "The new session."),
        refusals: [.wrongCredentials, .overloaded], tellsSecret: true), handler: changePassword),
    .post(
      "/api/v1/account/second-factor", .person,
      Operation(
        "prepareSecondFactor", .account, "Draw a secret for one-time codes",
        "It counts once it is confirmed with a code of it. Where codes are on already, send `code` too.",
        body: AccountSchema.proof, answer: .ok(AccountSchema.totp, "The secret."),
        refusals: [.wrongCredentials, .secondFactorRequired, .overloaded], tellsSecret: true),
      handler: prepare),
    .post(
      "/api/v1/account/second-factor/confirm", .person,
      Operation(
        "confirmSecondFactor", .account, "Turn one-time codes on",
        "All other sessions end.", body: AccountSchema.codeProof,
        answer: .ok(AccountSchema.recoveryCodes, "Recovery codes, shown this once."),
        refusals: [.wrongCredentials], tellsSecret: true), handler: confirm),
    .post(
      "/api/v1/account/second-factor/remove", .person,
      Operation(
        "removeSecondFactor", .account, "Turn one-time codes off",
        body: AccountSchema.fullProof, answer: .done("They are off."),
        refusals: [.wrongCredentials, .overloaded]), handler: remove),
    .post(
      "/api/v1/account/recovery-codes", .person,
      Operation(
        "renewRecoveryCodes", .account, "Draw new recovery codes",
        "They replace all earlier ones.", body: AccountSchema.fullProof,
        answer: .ok(AccountSchema.recoveryCodes, "Recovery codes, shown this once."),
        refusals: [.wrongCredentials, .conflict, .overloaded], tellsSecret: true),
      handler: renewCodes),
  ]

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let id = try request.signedIn.id
    return try answer(await context.store.run { try AccountDocument(id, on: $0) })
  }

  private static func answer(_ document: AccountDocument?) throws(Problem) -> APIAnswer {
    guard let document else { throw Problem.wrong("The account is gone.") }
    return .ok(document.json, version: document.person.version)
  }

  private struct Change {
    var name: String?
    var email: EmailAddress?
    var password: String?
  }

  private static func change(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let change = try request.readBody { reader -> Change? in
      var change = Change(name: AccountFields.optionalLine("name", &reader))
      if reader.has("email") { change.email = AccountFields.email(&reader) }
      change.password = reader.string("password", bytes: 1...1024)
      return change
    }
    if let email = change.email, email.text != person.email {
      // Whoever could take an address would be signed in to by its owner.
      if context.signIn.oidc?.settings.trustsEmail == true {
        throw Problem(
          .conflict, "Addresses are those of the provider of identities here; change it there.")
      }
      guard let password = change.password else {
        throw Problem.wrong("Send `password` too: a new address needs the present one.")
      }
      _ = try await Passwords(request, context).confirm(password, of: person)
    }
    let audit = request.audit(as: person.actor)
    return try await answer(
      context.store.run { connection in
        try AuditTrail.write(by: audit, on: connection) { write -> AccountDocument? in
          guard let old = try PersonQueries.lock(person.id, on: write.connection) else {
            write.nothingChanged()
            return nil
          }
          try request.requireVersion(old.version, of: "account")
          guard let email = change.email ?? EmailAddress(old.email) else {
            throw Problem(FieldErrors(pointer: "/email", detail: "must be an e-mail address"))
          }
          _ = try PersonQueries.change(
            person.id, name: change.name ?? old.name, email: email, in: write)
          return try AccountDocument(person.id, on: write.connection)
        }
      })
  }

  private static func changePassword(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let (present, wished) = try request.readBody { reader -> (String, String)? in
      let present = AccountFields.required("password", 1...1024, &reader)
      let wished = AccountFields.required("new_password", 1...1024, &reader)
      guard let present, let wished else { return nil }
      return (present, wished)
    }
    let passwords = Passwords(request, context)
    let verified = try await passwords.confirm(present, of: person)
    guard let email = EmailAddress(person.email) else { throw Problem.wrongPassword }
    let hash = try await passwords.hash(wished, of: email, at: "/new_password")
    let audit = request.audit(as: person.actor)
    let (session, token) = try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) { write in
        try LoginSessions.changePassword(
          of: person.id, verified: verified, to: hash, from: request.client, in: write)
      }
    }
    return try await SignedIn.answer(session, token, context)
  }

  private static func prepare(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let (password, code) = try request.readBody { reader -> (String, String?)? in
      let password = AccountFields.required("password", 1...1024, &reader)
      let code = reader.string("code", bytes: 6...64)
      return password.map { ($0, code) }
    }
    _ = try await Passwords(request, context).confirm(password, of: person)
    // Who could replace it with the password alone would need no second factor.
    let known = try await context.store.run { try PersonQueries.get(person.id, on: $0) }
    if known?.hasSecondFactor == true {
      guard let code else { throw AccountRefusal.secondFactorRequired }
      try await SecondFactorProof(request, context).check(code, of: person.id, person.email)
    }
    let audit = request.audit(as: person.actor)
    let sealing = context.configuration.sealingKey
    let totp = try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) {
        try SecondFactor.prepare(person.id, sealing: sealing, in: $0)
      }
    }
    guard let totp else { throw Problem.wrong("The account is gone.") }
    return .ok([
      "secret": .string(totp.text),
      "uri": .string(totp.uri(issuer: "Upblit", account: person.email)),
    ])
  }

  private static func confirm(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let code = try request.readBody { AccountFields.required("code", 6...64, &$0) }
    try await Passwords(request, context).charge(codesOf: person.id)
    let audit = request.audit(as: person.actor)
    let sealing = context.configuration.sealingKey
    let codes = try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) {
        try SecondFactor.confirm(code, of: person.id, sealing: sealing, in: $0)
      }
    }
    return .ok(["recovery_codes": .strings(codes.map(\.text))])
  }

  private static func remove(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try await proven(request, context)
    let audit = request.audit(as: person.actor)
    _ = try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) {
        try SecondFactor.remove(person.id, in: $0)
      }
    }
    return .noContent
  }

  private static func renewCodes(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try await proven(request, context)
    let audit = request.audit(as: person.actor)
    let codes = try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) {
        try SecondFactor.renewRecoveryCodes(of: person.id, in: $0)
      }
    }
    guard let codes else { throw Problem(.conflict, "One-time codes are not on.") }
    return .ok(["recovery_codes": .strings(codes.map(\.text))])
  }

  /// Who has shown their password and a code.
  private static func proven(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> SignedInPerson {
    let person = try request.signedIn
    let (password, code) = try request.readBody { reader -> (String, String)? in
      let password = AccountFields.required("password", 1...1024, &reader)
      let code = AccountFields.required("code", 6...64, &reader)
      guard let password, let code else { return nil }
      return (password, code)
    }
    _ = try await Passwords(request, context).confirm(password, of: person)
    try await SecondFactorProof(request, context).check(code, of: person.id, person.email)
    return person
  }
}
