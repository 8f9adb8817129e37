import OpenSSL
import Signing

/// The strong validator of an answer (RFC 9110 section 8.8.3): `"VERSION.DIGEST"`, or `"DIGEST"` where
/// what is told has no version of its own.
///
/// The digest is of the answer's bytes, so that the tag changes whenever they do. The version changes
/// only when people change the thing: a monitor's state comes and goes without it, and whoever changes
/// its interval does not mean that.
package enum EntityTag {
  package static func of(_ bytes: [UInt8], version: String?) -> String {
    let digest = ((try? SHA256.digest(bytes)) ?? []).prefix(12)
    let text = Base64.encode(Array(digest), .urlWithoutPadding)
    return "\"\(version.map { $0 + "." } ?? "")\(text)\""
  }

  /// The same of a compressed answer, which is other bytes.
  package static func compressed(_ tag: String) -> String { "\(tag.dropLast())-gz\"" }

  /// Whether `If-None-Match` names `tag`: weakly compared (RFC 9110 section 13.1.2).
  package static func isNamed(_ tag: String, in header: String) -> Bool {
    header == "*"
      || list(header).contains { ($0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0) == tag }
  }

  /// Whether `If-Match` lets a thing of this version be changed: strongly compared, so that a weak tag
  /// lets nothing (RFC 9110 section 13.1.1).
  static func allows(_ header: String, version: String) -> Bool {
    header == "*"
      || list(header).contains { tag in
        tag.utf8.count >= 2 && tag.hasPrefix("\"") && tag.hasSuffix("\"")
          && tag.dropFirst().dropLast().split(separator: ".", maxSplits: 1).first.map(String.init)
            == version
      }
  }

  /// The members of a list. What is no tag names nothing, and so do the two parts of one that holds a
  /// comma.
  private static func list(_ header: String) -> [String] {
    header.split(separator: ",").map(trimmed)
  }

  private static func trimmed(_ text: Substring) -> String {
    String(
      decoding: text.utf8.drop { $0 == 0x20 || $0 == 0x09 }.reversed()
        .drop { $0 == 0x20 || $0 == 0x09 }.reversed(), as: UTF8.self)
  }
}
