import JSON
import UpblitClient
import Yams

/// A collector by a name of the person's own.
struct CollectorContext: Hashable {
  var name: String
  var server: String
  var caFile: String?
  /// The organization's name, for a person to tell contexts apart.
  var organization: String?
  /// Its id: in which organization a person acts who belongs to several.
  var organizationID: String?

  /// Its collector's scheme, host and port; `nil` where the file holds no address.
  var origin: String? { (try? ServerAddress(server))?.origin }

  static func isName(_ text: String) -> Bool {
    1...64 ~= text.utf8.count && !text.hasPrefix("-")
      && text.utf8.allSatisfy { byte in
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
          || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "._-".utf8.contains(byte)
      }
  }
}

/// The contexts and which of them is in use, as `config.yaml` holds them:
///
///     current: work
///     contexts:
///       work:
///         server: https://upblit.example.org
///         ca_file: /etc/ssl/example.pem
///         organization: acme
///         organization_id: 3f0c0b5e-...
///
/// It holds no secret and may be written by hand; a key that is not known is refused.
struct ContextFile {
  var current: String?
  var contexts: [CollectorContext] = []

  subscript(name: String) -> CollectorContext? { contexts.first { $0.name == name } }

  /// Adds a context, or replaces the one of its name.
  mutating func put(_ context: CollectorContext) {
    if let index = contexts.firstIndex(where: { $0.name == context.name }) {
      contexts[index] = context
    } else {
      contexts.append(context)
    }
  }

  /// The context of this name, which must be there.
  func required(_ name: String) throws(CLIError) -> CollectorContext {
    if let context = self[name] { return context }
    let shown = DisplayText.escaped(name)
    if contexts.isEmpty {
      throw CLIError(
        .notFound, "there is no context \"\(shown)\" and no other: make one with `upblit login`")
    }
    let others = contexts.map(\.name)
    let guess = Suggestion.closest(to: name, among: others).map { ", did you mean \($0)?" } ?? ""
    throw CLIError(
      .notFound,
      "there is no context \"\(shown)\"\(guess) There are: \(others.joined(separator: ", "))")
  }

  /// The context by this name, or where none is given by the environment's, or the one in use.
  func chosen(_ name: String?) throws(CLIError) -> CollectorContext {
    guard let name = name ?? Environment.value("UPBLIT_CONTEXT") ?? current else {
      throw CLIError(.notFound, "no context is in use: `upblit context list` shows what there is")
    }
    return try required(name)
  }

  static func read() throws(CLIError) -> ContextFile {
    let file = try file()
    guard let text = try file.read() else { return ContextFile() }
    do {
      return try ContextFile(parsing: text)
    } catch {
      throw CLIError(.failure, "\(file.path): \(error.message)")
    }
  }

  /// Reads it, lets `work` change it and writes it, with no other process in between.
  @discardableResult
  static func change<Value>(
    _ work: (inout ContextFile) throws(CLIError) -> Value
  ) throws(CLIError) -> Value {
    let place = try file()
    return try place.alone { () throws(CLIError) in
      var file = try read()
      let value = try work(&file)
      try place.write(file.text)
      return value
    }
  }

  private static func file() throws(CLIError) -> PrivateFile {
    PrivateFile(try Places.config(), isSecret: false)
  }

  init() {}

  init(parsing text: String) throws(CLIError) {
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw CLIError(.badData, "it is not YAML: \(DisplayText.escaped("\(error)"))")
    }
    guard let root, root != Node.scalar(Node.Scalar("")) else { return }
    for (key, value) in try Self.members(root, "it") {
      switch key {
      case "current": current = try Self.text(value, key)
      case "contexts":
        for (name, fields) in try Self.members(value, key) {
          contexts.append(try Self.context(name, fields))
        }
      default: throw Self.unknown(key, among: ["current", "contexts"])
      }
    }
  }

  private static func context(
    _ name: String, _ fields: Node
  ) throws(CLIError) -> CollectorContext {
    guard CollectorContext.isName(name) else {
      throw CLIError(
        .badData,
        "\(DisplayText.escaped(name)) is no name of a context: use letters, digits, . _ and -")
    }
    var context = CollectorContext(name: name, server: "")
    for (key, value) in try members(fields, name) {
      switch key {
      case "server": context.server = try text(value, key)
      case "ca_file": context.caFile = try text(value, key)
      case "organization": context.organization = try text(value, key)
      case "organization_id": context.organizationID = try text(value, key)
      default:
        throw unknown(key, among: ["server", "ca_file", "organization", "organization_id"])
      }
    }
    guard !context.server.isEmpty else {
      throw CLIError(.badData, "the context \(name) has no server")
    }
    return context
  }

  private static func members(_ node: Node, _ name: String) throws(CLIError) -> [(String, Node)] {
    guard case .mapping(let mapping) = node else {
      throw CLIError(.badData, "\(name) must be a mapping of names to values")
    }
    var members: [(String, Node)] = []
    for (key, value) in mapping { members.append((try text(key, name), value)) }
    return members
  }

  private static func text(_ node: Node, _ name: String) throws(CLIError) -> String {
    guard case .scalar(let scalar) = node else {
      throw CLIError(.badData, "\(DisplayText.escaped(name)) must be a text")
    }
    return scalar.string
  }

  private static func unknown(_ key: String, among known: [String]) -> CLIError {
    let guess = Suggestion.closest(to: key, among: known).map { ", did you mean \($0)?" } ?? ""
    return CLIError(
      .badData,
      "\(DisplayText.escaped(key)) is not known\(guess.isEmpty ? ":" : guess) There are: "
        + known.joined(separator: ", "))
  }

  private var text: String {
    var object = JSONObject()
    object["current"] = current.map { .string($0) }
    var all = JSONObject()
    for context in contexts {
      var fields = JSONObject()
      fields["server"] = .string(context.server)
      fields["ca_file"] = context.caFile.map { .string($0) }
      fields["organization"] = context.organization.map { .string($0) }
      fields["organization_id"] = context.organizationID.map { .string($0) }
      all[context.name] = .object(fields)
    }
    object["contexts"] = .object(all)
    return YAMLText.text(.object(object))
  }
}
