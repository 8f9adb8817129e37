import JSON

/// Finds the one thing that a person means by an id, the beginning of one, or a name.
struct Finder {
  let client: APIClient
  /// The path of the list, such as `/api/v1/monitors`.
  let path: String
  /// What is looked for, such as `monitor`.
  let thing: String
  /// The field that holds its name.
  var nameField = "name"

  /// How many things are looked through; beyond them a whole id is needed.
  private static let searched = 5000

  /// The thing's whole id. Throws where nothing fits, or more than one thing.
  func id(_ text: String) throws(CLIError) -> String {
    if Self.isUUID(text) { return text }
    var fitting: [JSONValue] = []
    for item in try client.list(path, limit: Self.searched) {
      if item[nameField]?.stringValue.map({ $0.utf8.elementsEqual(text.utf8) }) ?? false {
        fitting.append(item)
      } else if text.utf8.count >= 4, item["id"]?.stringValue?.hasPrefix(text) ?? false {
        fitting.append(item)
      }
    }
    let shown = DisplayText.escaped(text)
    guard let first = fitting.first, let id = first["id"]?.stringValue else {
      throw CLIError(
        .notFound,
        "there is no \(thing) called \"\(shown)\": `upblit \(listCommand)` shows what there is")
    }
    guard fitting.count == 1 else {
      throw CLIError(
        .notFound,
        "\"\(shown)\" fits \(fitting.count) \(thing)s: use the id, which `-o json` shows whole")
    }
    return id
  }

  private var listCommand: String {
    thing == "enrolment token" ? "agent token list" : "\(thing) list"
  }

  private static func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 36
      && bytes.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index)
          ? byte == UInt8(ascii: "-") : Character(Unicode.Scalar(byte)).isHexDigit
      }
  }
}
