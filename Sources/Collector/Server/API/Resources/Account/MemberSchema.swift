import JSON
import Store

/// The forms of members, invitations, API keys and organizations.
enum MemberSchema {
  static let role = AccountSchema.role

  static let member: Schema = Schema.told([
    "id": .id, "email": .text, "name": .text, "role": role, "disabled": .bool,
    "has_second_factor": .bool, "joined_at": .time, "updated_at": .time,
  ]).named("Member")

  static let change: Schema = Schema.sent(["role": role], required: ["role"])
    .named("MemberChange")

  static let invitation: Schema = Schema.told([
    "id": .id, "role": role,
    "email": Schema.text.nullable.described(
      "Whose it is alone; `null`: of whoever has the link."),
    "standing": .words(["open", "used", "revoked", "expired"]),
    "made_by": Schema.id.nullable, "created_at": .time, "expires_at": .time,
    "used_at": Schema.time.nullable, "used_by": Schema.id.nullable,
    "revoked_at": Schema.time.nullable,
  ]).named("Invitation")

  static let madeInvitation: Schema = Schema.told([
    "id": .id, "role": role, "email": Schema.text.nullable,
    "standing": .words(["open", "used", "revoked", "expired"]),
    "made_by": Schema.id.nullable, "created_at": .time, "expires_at": .time,
    "used_at": Schema.time.nullable, "used_by": Schema.id.nullable,
    "revoked_at": Schema.time.nullable,
    "secret": Schema.text.described("Shown this once."),
    "link": Schema.text.nullable.described("To be handed on; `null` without a public address."),
  ]).named("MadeInvitation")

  static let newInvitation: Schema = Schema.sent(
    [
      "role": role, "email": AccountSchema.email,
      "lifetime_s": Schema.integer(60...InvitationQueries.longestLifetimeSeconds).byDefault(
        .integer(InvitationQueries.defaultLifetimeSeconds)),
    ], required: ["role"]
  ).named("NewInvitation")

  static let offer: Schema = Schema.told([
    "organization": Schema.told(["name": .text]), "role": role, "email": Schema.text.nullable,
    "expires_at": .time, "standing": .words(InvitationStanding.allCases.map(\.rawValue)),
  ]).named("InvitationOffer")

  static let secret: Schema = Schema.sent(
    ["secret": AccountSchema.secret], required: ["secret"]
  ).named("InvitationSecret")

  static let redemption: Schema = Schema.sent(
    [
      "secret": AccountSchema.secret, "email": AccountSchema.email, "name": AccountSchema.name,
      "password": AccountSchema.password, "kind": AccountSchema.kind.byDefault("command"),
    ], required: ["secret", "email", "name", "password"]
  ).named("InvitationRedemption")

  static let membership: Schema = Schema.told(["organization": .reference, "role": role])
    .named("Membership")
}
