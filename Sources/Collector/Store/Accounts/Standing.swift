/// As what somebody changes an organization at this moment: what they are there, and how much of that
/// their credential carries. What they may do is both together.
///
/// A key never does all that its maker may: it gives only roles that may no more than it may itself,
/// and neither makes nor unmakes owners, so that one that leaks can't be turned into an account.
public struct Standing: Hashable, Sendable {
  /// What somebody acts with.
  public enum Credential: Hashable, Sendable, CaseIterable {
    case person
    case key
    /// The program itself, or its command line.
    case installation
  }

  public let credential: Credential
  public let authority: Authority
  /// Never more than the authority allows.
  public let scopes: Set<Scope>

  /// - Parameter scopes: that the credential carries; a person and the installation carry all that
  ///   their authority allows.
  public init(_ credential: Credential, _ authority: Authority, scopes: Set<Scope>? = nil) {
    self.credential = credential
    self.authority = authority
    self.scopes = authority.allows(scopes ?? authority.scopes)
  }

  /// Throws `lacksScope` unless it may do what `scope` says.
  public func require(_ scope: Scope) throws(AccountRefusal) {
    guard scopes.contains(scope) else { throw .lacksScope(scope) }
  }

  /// Throws `mayNotGive`, or `lacksScope`, unless it may make somebody what `role` is.
  public func require(giving role: Role) throws(AccountRefusal) {
    try require(taking: role)
    if credential == .key, !role.scopes.isSubset(of: scopes) { throw .mayNotGive(role) }
  }

  /// The same, of somebody who is that already, or is invited to become it.
  public func require(taking role: Role) throws(AccountRefusal) {
    guard authority.mayGive(role) else { throw .mayNotGive(role) }
    try require(.membersWrite)
    if credential == .key, role == .owner { throw .mayNotGive(role) }
  }
}
