/// Why a change of accounts was not made, each a fact to tell the one who asked. What they throw is
/// undone.
public enum AccountRefusal: Error, Hashable, Sendable {
  /// Who asks is neither the person whom it concerns nor an operator, or asks by a key what only people
  /// may do.
  case notAllowed
  /// Who asks lacks this scope, by role or by key.
  case lacksScope(Scope)
  /// Another person has this e-mail address.
  case emailTaken
  /// Another organization has this name.
  case nameTaken
  /// The organization would be left without an owner who can sign in.
  case lastOwner
  /// The installation would be left without an operator who can sign in.
  case lastOperator
  /// The person is a member already.
  case alreadyMember
  /// Who asks may not give or take this role.
  case mayNotGive(Role)
  /// The key would be allowed what its maker is not.
  case scopesBeyondMaker(Set<Scope>)
  /// The key would be allowed nothing.
  case noScopes
  /// The key would last longer, or be good from elsewhere, than the key that makes it.
  case beyondParent
  /// The organization has as many keys that can be used as it may have.
  case tooManyKeys(most: Int64)
  /// The organization has as many open invitations as it may have.
  case tooManyInvitations(most: Int64)
  /// Who asks may not touch keys of others.
  case keyOfAnother
  /// The invitation can't be used (again).
  case invitation(InvitationStanding)
  /// The identity at a provider belongs to another person.
  case identityTaken
  /// The setup link is unknown, used or expired, or there are people already.
  case setupLink
  /// The person was disabled, or given another password, while they signed in.
  case changedMeanwhile
  /// The person has a second factor, and none was shown.
  case secondFactorRequired
  /// The one-time code is wrong, used or too old; or nothing waits to be confirmed.
  case wrongCode
  /// A bound of the quota is outside what may be set: `OrganizationQuota.isSettable`.
  case quotaOutOfRange
}
