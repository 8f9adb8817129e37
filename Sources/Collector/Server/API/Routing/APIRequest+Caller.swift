import Store

/// Who asks.
extension APIRequest {
  /// Whoever asks in an organization. Throws where the route should not have been reached.
  var caller: Identity {
    get throws(Problem) {
      guard let identity else { throw Problem(.unauthenticated, Authenticator.howTo) }
      return identity
    }
  }

  /// The person who asks. Throws where it is a key.
  var signedIn: SignedInPerson {
    get throws(Problem) {
      guard let person else {
        throw Problem(.notAllowed, "Only a person who signed in may do this; keys can't.")
      }
      return person
    }
  }

  /// Who is to stand in the audit log for what the request changes.
  func audit(as actor: AuditActor) -> AuditContext {
    AuditContext(actor: actor, address: client.address, requestID: id)
  }

  /// Throws where a browser says that a page of another site sends this: for what signs somebody in,
  /// so that nobody is signed in as somebody else.
  func requireOwnSite() throws(Problem) {
    guard isForeign else { return }
    throw Problem(.crossSite, "The request comes from a page of another site.")
  }
}
