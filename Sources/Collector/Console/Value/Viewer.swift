public import JSON

/// Who looks at a page, and for which organization.
public struct Viewer: Hashable, Sendable {
  public struct Organization: Hashable, Sendable {
    public var id: String
    public var name: String

    public init(id: String, name: String) {
      self.id = id
      self.name = name
    }
  }

  public var name: String
  public var email: String
  public var organizations: [Organization]
  /// The one that is shown; `nil` of a person who belongs to none.
  public var organization: Organization?
  /// What the person may do there, in the API's words.
  public var scopes: Set<String> = []

  /// - Parameters:
  ///   - account: as `GET /api/v1/account` answers.
  ///   - chosen: the organization that was asked for; the first is taken where they are not in it.
  public init(account: JSONValue, chosen: String?) {
    name = account["name"]?.stringValue ?? ""
    email = account["email"]?.stringValue ?? ""
    organizations = (account["organizations"]?.elements ?? []).compactMap { organization in
      guard let id = organization["id"]?.stringValue, let name = organization["name"]?.stringValue
      else { return nil }
      return Organization(id: id, name: name)
    }
    organization = organizations.first { $0.id == chosen } ?? organizations.first
  }

  public func may(_ scope: String) -> Bool { scopes.contains(scope) }
}
