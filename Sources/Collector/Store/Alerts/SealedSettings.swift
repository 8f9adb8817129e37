import Alerts
import JSON
import Model
import OpenSSL

/// How the settings of a channel are kept: what may be told in the open, the others sealed and bound to
/// the channel, so that those which were moved to another channel's row do not open.
enum SealedSettings {
  /// Why stored settings can't be used. Says nothing of their values.
  enum Failure: Error, Hashable {
    /// A newer collector knows this kind.
    case unknownKind(String)
    case unreadable
  }

  /// What the column of secrets holds; `nil` where there are none.
  static func seal(
    _ settings: ChannelSettings, channel: ChannelID, _ key: SealingKey
  ) throws(OpenSSLError) -> [UInt8]? {
    guard !settings.secretNames.isEmpty else { return nil }
    return try key.seal(settings.sealed.bytes, context: context(channel))
  }

  /// The settings that were stored. Throws `Failure`, `FieldErrors` for those that their kind takes no
  /// more, and `OpenSSLError` for another key, another channel or a changed byte.
  static func open(
    _ open: JSONValue, _ sealed: [UInt8]?, kind: String, channel: ChannelID, _ key: SealingKey
  ) throws -> ChannelSettings {
    guard let known = ChannelKinds.named(kind) else { throw Failure.unknownKind(kind) }
    guard case .object(var object) = open else { throw Failure.unreadable }
    if let sealed {
      let bytes = try key.open(sealed, context: context(channel))
      guard case .object(let secrets) = try JSONValue(parsing: bytes) else {
        throw Failure.unreadable
      }
      for member in secrets.members { object[member.name] = member.value }
    }
    return try known.read(.object(object))
  }

  /// Why stored settings were not opened, in words that tell nothing of their values.
  static func words(_ error: any Error) -> String {
    switch error {
    case Failure.unknownKind(let kind): "this collector knows no kind \(kind)"
    case let error as OpenSSLError: error.description
    case let errors as FieldErrors:
      "their kind takes them no more: " + errors.errors.map(\.pointer).joined(separator: ", ")
    default: "they can't be read"
    }
  }

  private static func context(_ channel: ChannelID) -> [UInt8] {
    Array("channel settings".utf8) + channel.bytes
  }
}
