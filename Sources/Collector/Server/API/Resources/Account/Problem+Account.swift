import JSON
import Store

/// What a change of accounts that was not made is called over HTTP.
extension Problem {
  init(_ refusal: AccountRefusal) {
    switch refusal {
    case .notAllowed:
      self.init(.notAllowed, "Only the person themself or an operator may do this, and no key.")
    case .lacksScope(let scope):
      self.init(.notAllowed, "This needs the scope \(scope.rawValue).")
    case .emailTaken:
      self.init(.conflict, "Another person has this e-mail address.")
    case .nameTaken:
      self.init(.conflict, "Another organization has this name.")
    case .lastOwner:
      self.init(
        .conflict, "The organization would be left without an owner; make another one first.")
    case .lastOperator:
      self.init(
        .conflict, "The installation would be left without an operator; make another one first.")
    case .alreadyMember:
      self.init(.conflict, "The person is a member already.")
    case .mayNotGive(let role):
      self.init(.notAllowed, "You may not give or take the role \(role.rawValue).")
    case .scopesBeyondMaker(let scopes):
      let words = scopes.map(\.rawValue).sorted().joined(separator: ", ")
      self.init(.notAllowed, "A key can't be allowed what its maker is not: \(words).")
    case .noScopes:
      self.init(FieldErrors(pointer: "/scopes", detail: "must not be empty"))
    case .beyondParent:
      self.init(
        .notAllowed,
        "A key that a key makes ends no later than that, and is good from nowhere else.")
    case .tooManyKeys(let most):
      self.init(.conflict, "The organization has \(most) keys that can be used; revoke some first.")
    case .tooManyInvitations(let most):
      self.init(.conflict, "The organization has \(most) open invitations; revoke some first.")
    case .keyOfAnother:
      self.init(.notAllowed, "This key is somebody else's; ask an owner or admin.")
    case .invitation(let standing):
      self.init(.conflict, Self.words(standing))
    case .identityTaken:
      self.init(.conflict, "This identity belongs to another person here.")
    case .setupLink:
      self.init(
        .conflict,
        "The setup secret is unknown, used or expired, or there are people already; a new one is in "
          + "the collector's log after its next start.")
    case .changedMeanwhile:
      self.init(.wrongCredentials, "The account was changed meanwhile; sign in again.")
      headers = [Self.challenge]
    case .secondFactorRequired:
      self.init(
        .secondFactorRequired, "Send `code` too: of your authenticator, or a recovery code.")
      headers = [Self.challenge]
    case .quotaOutOfRange:
      self.init(FieldErrors(pointer: "/quota", detail: "has a bound that can't be set"))
    case .wrongCode:
      self.init(.wrongCredentials, "The code is wrong, was used, or is too old.")
      headers = [Self.challenge]
    }
  }

  private static func words(_ standing: InvitationStanding) -> String {
    switch standing {
    case .open, .unknown: "There is no such invitation."
    case .used: "The invitation was used; it works once."
    case .revoked: "The invitation was revoked."
    case .expired: "The invitation has expired; ask for a new one."
    case .withdrawn: "Who made the invitation may not give its role any more; ask for a new one."
    case .anotherAddress: "The invitation is for another e-mail address."
    }
  }

  /// Not that password, or not that account, alike.
  static var wrongPassword: Problem {
    wrong("The e-mail address or the password is wrong.")
  }

  /// Credentials that are wrong, in one sentence.
  static func wrong(_ detail: String) -> Problem {
    var problem = Problem(.wrongCredentials, detail)
    problem.headers = [challenge]
    return problem
  }

  /// A try came too soon after others.
  static func tooManyTries(_ retryAfterMs: Int64) -> Problem {
    let seconds = max(1, (retryAfterMs + 999) / 1000)
    var problem = Problem(.rateLimited, "Too many tries; try again in \(seconds) seconds.")
    problem.headers = [("retry-after", String(seconds))]
    return problem
  }

  /// Too many passwords are being judged.
  static var busy: Problem {
    var problem = Problem(.overloaded, "Too many people sign in at this moment.")
    problem.headers = [("retry-after", "3")]
    return problem
  }
}
