import JSON

/// One thing of a collector, read from its JSON form.
///
/// The whole form is kept, so that fields which a newer collector adds are not lost; the properties
/// name the fields that this release knows.
public protocol APIResource: Hashable, Sendable {
  var json: JSONValue { get }
  init(_ json: JSONValue)
}

extension APIResource {
  /// A text field; empty where the collector sent none.
  func text(_ name: String) -> String { json[name]?.stringValue ?? "" }

  func moment(_ name: String) -> Moment? { json[name]?.stringValue.flatMap { Moment($0) } }
}

/// A thing with an id that it keeps for ever.
public protocol IdentifiedResource: APIResource, Identifiable {
  /// What a person calls one of them, such as `monitor`.
  static var word: String { get }
  /// The path of the list, such as `/api/v1/monitors`.
  static var path: String { get }
  /// The name by which a person finds it; empty where it has none.
  var name: String { get }
}

extension IdentifiedResource {
  public var id: String { text("id") }
  public var name: String { text("name") }
}

/// How everything stands, at one moment.
public struct StatusReport: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var at: Moment? { moment("at") }
  /// Counts by state, `total` among them.
  public var monitors: [String: Int64] { counts("monitors") }
  public var agents: [String: Int64] { counts("agents") }
  /// At most 50.
  public var openIncidents: [Incident] {
    (json["open_incidents"]?.elements ?? []).map(Incident.init)
  }

  private func counts(_ name: String) -> [String: Int64] {
    guard case .object(let object)? = json[name] else { return [:] }
    return Dictionary(
      object.members.compactMap { member in
        member.value.integerValue.map { (member.name, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }
}
