import JSON
import OpenSSL
@testable import Store
import TestSupport
import Testing

extension TestAPI {
  static let password = "correct horse battery"

  /// Makes a person, a member of each of these organizations.
  @discardableResult
  func person(
    _ email: String, in organizations: [(name: String, role: Role)] = [("acme", .owner)],
    isOperator: Bool = false
  ) throws -> PersonID {
    let connection = try database.connect()
    let hash = try PasswordHash(hashing: Self.password, .forTests)
    let address = try #require(EmailAddress(email))
    let system = AuditContext(actor: .system("test"))
    return try AuditTrail.write(by: system, on: connection) { write in
      let person = try PersonQueries.create(
        PersonDraft(
          email: address, name: email, passwordHash: hash.text, isOperator: isOperator), in: write)
      for (name, role) in organizations {
        let id = try OrganizationQueries.findOrCreate(name: name, on: write.connection)
        _ = try MembershipQueries.add(person.id, as: role, organization: id, in: write)
      }
      return person.id
    }
  }

  /// Signs somebody in; the answer must be 201.
  func logIn(
    _ email: String, kind: String = "command", code: String? = nil
  ) async throws
    -> RawHTTP.Answer
  {
    var body: JSONValue = [
      "email": .string(email), "password": .string(Self.password), "kind": .string(kind),
    ]
    if let code, case .object(var members) = body {
      members["code"] = .string(code)
      body = .object(members)
    }
    let answer = try await send("POST", "/api/v1/login", body: body.text)
    #expect(answer.status == 201, "\(answer.text)")
    return answer
  }

  /// The access token of somebody who has just signed in.
  func token(_ email: String) async throws -> String {
    try #require(try await logIn(email).json["access_token"]?.stringValue)
  }
}

extension TOTP {
  /// The one of a secret as an authenticator program takes it: base 32.
  init?(text: String) {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    var bits: [UInt8] = []
    for byte in text.utf8 {
      guard let value = alphabet.firstIndex(of: byte) else { return nil }
      bits += (0..<5).reversed().map { UInt8(value >> $0 & 1) }
    }
    self.init(
      secret: stride(from: 0, to: bits.count - 7, by: 8).map { start in
        bits[start..<start + 8].reduce(0) { $0 << 1 | $1 }
      })
  }
}
