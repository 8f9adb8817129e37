import Linux
import Model
import Settings
import Signing

/// Who this agent is, as its enrolment made it: kept in the state folder, readable by its user alone.
public struct Identity: Equatable, Sendable {
  public var agent: AgentID
  public var region: String
  public var provider: String
  public var collectors: [CollectorAddress]
  /// The roots by which it can prove itself, the newest first; the second is kept until a collector
  /// has accepted the first.
  public var keys: [Key]

  /// A root and its number.
  public struct Key: Equatable, Sendable {
    public var id: UInt32
    /// 32 secret bytes.
    public var root: [UInt8]

    public init(id: UInt32, root: [UInt8]) {
      self.id = id
      self.root = root
    }
  }

  public init(
    agent: AgentID, region: String, provider: String, collectors: [CollectorAddress], keys: [Key]
  ) {
    self.agent = agent
    self.region = region
    self.provider = provider
    self.collectors = collectors
    self.keys = keys
  }

  /// The file's text: `key = value` lines.
  var text: String {
    var text = """
      # Written by upblit-agent. It holds this agent's secret key: show it to nobody.
      agent = \(agent)
      region = "\(region.plain)"
      provider = "\(provider.plain)"
      collectors = \(collectors.map(\.description).joined(separator: ","))

      """
    for (index, key) in keys.prefix(2).enumerated() {
      let prefix = index == 0 ? "" : "previous_"
      text += "\(prefix)key_id = \(key.id)\n\(prefix)root = \(Hexadecimal.text(key.root))\n"
    }
    return text
  }

  /// Reads the file's text; `nil` unless all of it is there.
  init?(text: String) {
    let (entries, mistakes) = SettingsFile.parse(text)
    guard mistakes.isEmpty else { return nil }
    let values = Dictionary(entries.map { ($0.key, $0.value) }) { $1 }
    guard let agent = values["agent"].flatMap({ AgentID($0) }), let region = values["region"],
      let provider = values["provider"], let list = values["collectors"],
      let key = Self.key(values, "")
    else { return nil }
    let collectors = list.split(separator: ",").map { CollectorAddress(String($0)) }
    guard !collectors.isEmpty, !collectors.contains(nil) else { return nil }
    self.init(
      agent: agent, region: region, provider: provider, collectors: collectors.compactMap { $0 },
      keys: [key] + [Self.key(values, "previous_")].compactMap { $0 })
  }

  private static func key(_ values: [String: String], _ prefix: String) -> Key? {
    guard let id = values[prefix + "key_id"].flatMap({ UInt32($0) }),
      let root = values[prefix + "root"].flatMap({ Hexadecimal.bytes($0) }), root.count == 32
    else { return nil }
    return Key(id: id, root: root)
  }
}

/// Bytes as lower-case hexadecimal digits.
enum Hexadecimal {
  static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
