import JSON

extension APIClient {
  public var members: Resources<Member> { Resources(client: self) }
  public var invitations: Resources<Invitation> { Resources(client: self) }
  public var keys: Resources<KeyRecord> { Resources(client: self) }
  public var sessions: Resources<LoginSession> { Resources(client: self) }
  public var organizations: Resources<Organization> { Resources(client: self) }

  /// The person who asks. A key is nobody's account.
  public func account() async throws(APIError) -> Person {
    Person(try await get("/api/v1/account"))
  }

  /// What was changed, newest first; `query` takes since, until, actor, action, object_kind and
  /// object_id.
  public func audit(
    _ query: [(name: String, value: String?)] = [], limit: Int = .max
  ) -> Items<AuditEntry> {
    items(AuditEntry.path, query, limit: limit)
  }

  /// Begins to add a second factor; it counts once `confirmSecondFactor` had a code of it.
  public func offerSecondFactor(password: String) async throws(APIError) -> SecondFactorOffer {
    SecondFactorOffer(
      try await post("/api/v1/account/second-factor", ["password": .string(password)]))
  }

  /// Switches the offered second factor on.
  ///
  /// - Returns: the recovery codes, each good once. They are told this once.
  public func confirmSecondFactor(code: String) async throws(APIError) -> [String] {
    Self.codes(try await post("/api/v1/account/second-factor/confirm", ["code": .string(code)]))
  }

  public func removeSecondFactor(
    password: String, code: String
  ) async throws(APIError) {
    _ = try await post(
      "/api/v1/account/second-factor/remove",
      ["password": .string(password), "code": .string(code)])
  }

  /// New recovery codes in place of those before.
  public func newRecoveryCodes(
    password: String, code: String
  ) async throws(APIError) -> [String] {
    Self.codes(
      try await post(
        "/api/v1/account/recovery-codes",
        ["password": .string(password), "code": .string(code)]))
  }

  /// Joins an organization by an invitation's secret.
  public func join(invitation secret: String) async throws(APIError) -> JSONValue {
    try await post("/api/v1/account/memberships", ["secret": .string(secret)])
  }

  private static func codes(_ json: JSONValue) -> [String] {
    json["recovery_codes"]?.elements.compactMap(\.stringValue) ?? []
  }
}
