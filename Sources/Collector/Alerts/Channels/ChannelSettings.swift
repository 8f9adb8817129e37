public import JSON

/// The settings of one channel, each as its kind declares it.
///
/// They hold secrets, so nothing of them is printed but the kind's name.
public struct ChannelSettings: Hashable, Sendable {
  /// The name of the kind that they are for.
  public let kind: String
  private let values: [String: JSONValue]
  private let declared: [ChannelSetting]

  init(_ kind: some ChannelKind, _ values: [String: JSONValue]) {
    self.kind = kind.name
    self.values = values
    declared = kind.settings
  }

  public subscript(name: String) -> JSONValue? { values[name] }

  /// A setting's text; empty where it is left out.
  func text(_ name: String) -> String { values[name]?.stringValue ?? "" }

  /// A setting's text, if it has one.
  func textIfAny(_ name: String) -> String? {
    values[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
  }

  func texts(_ name: String) -> [String] { values[name]?.elements.compactMap(\.stringValue) ?? [] }

  /// What may be told and kept in the open.
  public var open: JSONValue { object { !$0.isSecret } }

  /// What is to be sealed.
  public var sealed: JSONValue { object(\.isSecret) }

  /// The names of the secrets that are set.
  public var secretNames: [String] {
    declared.filter { $0.isSecret && values[$0.name] != nil }.map(\.name)
  }

  /// The texts of all secrets.
  var secrets: [String] {
    secretNames.flatMap { name in
      [text(name)].filter { !$0.isEmpty } + texts(name)
    }
  }

  /// These settings with one changed, as an outcome asks for it.
  public func changing(_ name: String, to value: JSONValue) -> ChannelSettings {
    var changed = values
    changed[name] = value
    return ChannelSettings(kind: kind, values: changed, declared: declared)
  }

  private init(kind: String, values: [String: JSONValue], declared: [ChannelSetting]) {
    self.kind = kind
    self.values = values
    self.declared = declared
  }

  private func object(_ isWanted: (ChannelSetting) -> Bool) -> JSONValue {
    var object = JSONObject()
    for setting in declared where isWanted(setting) { object[setting.name] = values[setting.name] }
    return .object(object)
  }
}

extension ChannelSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  public var description: String { "settings of \(kind)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
