import JSON
import Logging
import Postgres

/// Writes what is logged to standard error, a line each: as text, or as JSON.
///
/// Control characters of values are escaped, so that no value can forge a line.
struct LogOutput: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  let label: String
  let isJSON: Bool

  init(label: String, level: Logger.Level, isJSON: Bool) {
    self.label = label
    logLevel = level
    self.isJSON = isJSON
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
    let pairs = all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
    let time = Timestamp.now().description
    if isJSON {
      var line = JSONObject()
      line["time"] = .string(time)
      line["level"] = .string(event.level.rawValue)
      line["part"] = .string(label)
      line["message"] = .string(event.message.description)
      // Names of ours come first and are never overwritten.
      for (name, value) in pairs {
        line[line[name] == nil ? name : "meta_\(name)"] = .string(value)
      }
      StandardOutput.complain(JSONValue.object(line).text)
    } else {
      let fields = pairs.map { " \($0.0)=\(Self.quoted($0.1))" }.joined()
      StandardOutput.complain(
        "\(time) \(event.level.rawValue) \(label): \(Self.plain(event.message.description))\(fields)"
      )
    }
  }

  private static func quoted(_ text: String) -> String {
    let isWord =
      !text.isEmpty
      && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7f }
    return isWord ? text : "\"\(plain(text, quoting: true))\""
  }

  private static func plain(_ text: String, quoting: Bool = false) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": output += "\\n"
      case "\"" where quoting: output += "\\\""
      case "\\" where quoting: output += "\\\\"
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
        output += "\\u{\(String(scalar.value, radix: 16))}"
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output
  }
}
