import JSON
import Model

/// Request headers whose values are secrets: the API takes them and never tells them.
///
/// In answers such a header is `{"name": "Authorization", "value": null, "secret": true}`; sent
/// back like that it keeps the stored value, as long as the check still goes to the same origin, so
/// that nobody can have a secret that they may not read sent to a server of their own.
enum SecretHeader {
  private static let words = [
    "auth", "cookie", "key", "token", "secret", "password", "signature", "session",
  ]

  /// Whether a header of this name is taken to be secret.
  static func isSecret(_ name: String) -> Bool {
    let lower = name.lowercased()
    return words.contains { lower.contains($0) }
  }

  static func json(_ header: HTTPCheck.Header, hidingSecrets: Bool) -> JSONValue {
    guard hidingSecrets, isSecret(header.name) else {
      return ["name": .string(header.name), "value": .string(header.value)]
    }
    return ["name": .string(header.name), "value": nil, "secret": true]
  }

  /// The values of the secret headers of `check`, in their order.
  static func values(of check: Check) -> [String] {
    guard case .http(let check) = check else { return [] }
    return check.headers.filter { isSecret($0.name) }.map(\.value)
  }

  /// A document that was written without its secrets, with `values` put in their places; `nil`
  /// where they are more or fewer than the places.
  static func filling(_ document: JSONValue, with values: [String]) -> JSONValue? {
    guard case .object(var members) = document else { return values.isEmpty ? document : nil }
    var values = values[...]
    var headers: [JSONValue] = []
    for header in members["headers"]?.elements ?? [] {
      guard header["secret"]?.boolValue == true, let name = header["name"] else {
        headers.append(header)
        continue
      }
      guard let value = values.popFirst() else { return nil }
      headers.append(["name": name, "value": .string(value)])
    }
    guard values.isEmpty else { return nil }
    if !headers.isEmpty { members["headers"] = .array(headers) }
    return .object(members)
  }

  /// A document that was written without its secrets, with nothing in their places.
  static func emptying(_ document: JSONValue) -> JSONValue {
    let places = (document["headers"]?.elements ?? []).count { $0["secret"]?.boolValue == true }
    return filling(document, with: Array(repeating: "", count: places)) ?? document
  }

  /// The stored value that a header without one keeps; notes why there is none.
  static func keptValue(
    of name: String, url: String, stored: HTTPCheck?, _ reader: inout ObjectReader
  ) -> String? {
    guard let stored,
      let header = stored.headers.first(where: { $0.name.lowercased() == name.lowercased() })
    else {
      reader.note(reader.child("value"), "is required: no value is stored that could be kept")
      return nil
    }
    guard origin(url) == origin(stored.url) else {
      reader.note(
        reader.child("value"), "must be given anew, since the check goes to another origin")
      return nil
    }
    return header.value
  }

  /// Scheme and authority, lower-case.
  private static func origin(_ url: String) -> String {
    let parts = url.lowercased().split(
      separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return "" }
    return parts[0] + "//" + parts[2].prefix { $0 != "?" && $0 != "#" }
  }
}
