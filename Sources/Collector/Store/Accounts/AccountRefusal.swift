/// Why a change of accounts was not made, each a fact to tell the one who asked. What they throw is
/// undone.
public enum AccountRefusal: Error, Hashable, Sendable {
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
  /// The one-time code is wrong, used or too old; or nothing waits to be confirmed.
  case wrongCode
}
