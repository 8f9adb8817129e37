import JSON
import Model

/// The member `tls` of a check:
///
/// ```json
/// {"insecure": false, "server_name": null, "ca": null, "certificate": null, "key": null,
///  "min_version": "1.2"}
/// ```
/// `ca`, `certificate` and `key` are PEM. `insecure` accepts any certificate.
enum TLSWishesDocument {
  static func json(_ wishes: TLSWishes, hidingSecrets: Bool) -> JSONValue {
    [
      "insecure": .bool(!wishes.verifies), "server_name": .optional(wishes.serverName),
      "ca": .optional(wishes.authorities), "certificate": .optional(wishes.certificate),
      "key": CheckSecrets.json(wishes.key, hidden: hidingSecrets),
      "min_version": .string(wishes.leastVersion.word),
    ]
  }

  /// `nil` where there is no such member.
  static func read(_ reader: inout ObjectReader, _ secrets: inout SecretReader) -> TLSWishes? {
    reader.object("tls") { reader -> TLSWishes? in
      var wishes = TLSWishes()
      wishes.verifies = !(reader.bool("insecure") ?? false)
      wishes.serverName = reader.string("server_name", bytes: 1...253)
      wishes.authorities = reader.string("ca", bytes: 1...16384)
      wishes.certificate = reader.string("certificate", bytes: 1...16384)
      wishes.key = secrets.member("key", bytes: 1...16384, &reader)
      if let word = reader.word("min_version", of: TLSVersion.allCases.map(\.word)) {
        wishes.leastVersion = TLSVersion.allCases.first { $0.word == word } ?? .tls12
      }
      return wishes
    }
  }

  static func readStart(_ reader: inout ObjectReader) -> StartTLS? {
    let word = reader.word("start_tls", of: StartTLS.allCases.map(\.word))
    return StartTLS.allCases.first { $0.word == word }
  }
}
