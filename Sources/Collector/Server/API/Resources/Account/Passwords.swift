import JSON
import OpenSSL
import Postgres
import Store

/// Passwords that requests bring: bounded in tries, judged by the gate, never kept.
struct Passwords: Sendable {
  let context: APIContext
  let request: APIRequest

  init(_ request: APIRequest, _ context: APIContext) {
    self.request = request
    self.context = context
  }

  /// The hash of a new password; throws the body's mistake where it will not do.
  func hash(
    _ password: String, of email: EmailAddress, at pointer: String = "/password"
  ) async throws -> PasswordHash {
    if let problem = PasswordRules.problem(with: password, of: email) {
      throw Problem(FieldErrors(pointer: pointer, detail: Self.words(problem)))
    }
    do {
      return try await context.signIn.passwords.hash(password)
    } catch is PasswordGate.Problem {
      throw Problem.busy
    }
  }

  /// Whether `password` is the one of `stored`; takes as long where there is none.
  func verify(_ password: String, against stored: PasswordHash?) async throws -> Bool {
    do {
      return try await context.signIn.passwords.verify(password, against: stored)
    } catch is PasswordGate.Problem {
      throw Problem.busy
    }
  }

  /// Counts a try to get in as `account`, or of an address that shows a secret of its own; throws 429
  /// where there were too many.
  func charge(_ account: String?) async throws {
    let address = request.client.address
    let answer = try await context.store.run {
      try LoginAttempts.charge(account: account, address: address, on: $0)
    }
    if case .refused(let retryAfterMs) = answer { throw Problem.tooManyTries(retryAfterMs) }
  }

  /// Counts a try of a one-time code or a recovery code.
  func charge(codesOf person: PersonID) async throws {
    let answer = try await context.store.run {
      try LoginAttempts.charge(codesOf: person, on: $0)
    }
    if case .refused(let retryAfterMs) = answer { throw Problem.tooManyTries(retryAfterMs) }
  }

  /// Asks a person who is signed in for their password again, before something that matters.
  func confirm(_ password: String, of person: SignedInPerson) async throws -> PasswordHash {
    try await charge(person.email)
    let stored = try await context.store.run {
      try PersonQueries.passwordHash(of: person.id, on: $0)
    }
    guard try await verify(password, against: stored), let stored else {
      throw Problem.wrong("The password is wrong.")
    }
    return stored
  }

  private static func words(_ problem: PasswordRules.Problem) -> String {
    let range = PasswordRules.range
    return switch problem {
    case .tooShort: "must have at least \(range.lowerBound) characters"
    case .tooLong: "must have at most \(range.upperBound) characters"
    case .tooUniform: "must have at least \(PasswordRules.leastDifferent) different characters"
    case .isOwnAddress: "must not be the e-mail address"
    }
  }
}
