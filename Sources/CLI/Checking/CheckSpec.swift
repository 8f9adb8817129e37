import Checks
import JSON
import Model

/// One check to be run by hand, or what is wrong with the text that should have been one.
struct CheckSpec: Sendable {
  /// Its place among the specs, from 1.
  var number = 1
  /// As the spec names it.
  var name: String?
  var content: Result<Question, FieldErrors>

  struct Question: Sendable {
    var check: Check
    var timeoutMs: UInt32
  }

  /// The check that a person means by a target on the command line: a URL, a host, or `host:port`.
  init(target: String, timeoutMs: UInt32) throws(CLIError) {
    let document = try TargetWords.check(target, takesHosts: true)
    self.init(.object(document), number: 1, timeoutMs: timeoutMs)
    if case .failure(let errors) = content {
      throw CLIError(
        .badData, "\(DisplayText.escaped(target)) can't be checked: \(Self.words(errors))")
    }
  }

  /// The check of a document: a check, or a monitor with one.
  init(_ document: JSONValue, number: Int, timeoutMs: UInt32) {
    self.number = number
    var reader = ObjectReader(document)
    let isMonitor = document["check"] != nil
    var limit = timeoutMs
    var check: Check?
    if isMonitor {
      name = document["name"]?.stringValue
      // What else a monitor has does not matter to one probe.
      reader = ObjectReader(Self.narrowed(document))
      if let value = reader.integer("timeout_ms", in: UInt32(100)...86_400_000) {
        limit = min(value, 600_000)
      }
      check = reader.object("check") { Self.read(&$0) }
    } else {
      check = Self.read(&reader)
    }
    do throws(FieldErrors) {
      try reader.finish()
      guard let check else { throw FieldErrors(pointer: "", detail: "is not a check") }
      content = .success(Question(check: check, timeoutMs: limit))
    } catch {
      content = .failure(error)
    }
  }

  /// What could not be read as JSON at all.
  init(unreadable errors: FieldErrors, number: Int) {
    self.number = number
    content = .failure(errors)
  }

  /// A monitor's document with nothing but what one probe needs.
  private static func narrowed(_ document: JSONValue) -> JSONValue {
    var members = JSONObject()
    members["check"] = document["check"]
    members["timeout_ms"] = document["timeout_ms"]
    return .object(members)
  }

  private static func read(_ reader: inout ObjectReader) -> Check? {
    guard let check = CheckDocument.read(&reader) else { return nil }
    CheckRules.judge(check, in: &reader)
    return check
  }

  /// All mistakes in one sentence, each with its place.
  static func words(_ errors: FieldErrors) -> String {
    errors.errors.map { error in
      error.pointer.isEmpty ? "it \(error.detail)" : "\(error.pointer) \(error.detail)"
    }.joined(separator: "; ")
  }
}

/// The specs of a file.
enum CheckSpecs {
  /// The most bytes that a file of specs may have.
  private static let byteLimit = 256 << 20

  /// The one document of a file, for the collector to judge.
  static func document(_ path: String) throws(CLIError) -> JSONObject {
    let text = try FileText.read(path, limit: 1 << 20)
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONValue(parsing: text)
    } catch {
      throw CLIError(
        .badData, "\(DisplayText.escaped(path)) can't be read: \(error.pointer) \(error.reason)")
    }
    guard case .object(let check) = document else {
      throw CLIError(.badData, "\(DisplayText.escaped(path)) is not the JSON object of a check")
    }
    return check
  }

  /// One spec, an array of them, or one a line.
  static func read(_ path: String, timeoutMs: UInt32) throws(CLIError) -> [CheckSpec] {
    let text = try FileText.read(path, limit: byteLimit)
    if let whole = try? JSONValue(parsing: text) {
      let documents = if case .array(let elements) = whole { elements } else { [whole] }
      return documents.enumerated().map {
        CheckSpec($0.element, number: $0.offset + 1, timeoutMs: timeoutMs)
      }
    }
    let lines = text.utf8.split(separator: UInt8(ascii: "\n")).filter { line in
      line.contains { $0 > 0x20 }
    }
    guard !lines.isEmpty else {
      throw CLIError(.badData, "there is no check in \(DisplayText.escaped(path))")
    }
    return lines.enumerated().map { index, line in
      do throws(JSONError) {
        return CheckSpec(
          try JSONValue(parsing: String(decoding: line, as: UTF8.self)), number: index + 1,
          timeoutMs: timeoutMs)
      } catch {
        return CheckSpec(
          unreadable: FieldErrors(pointer: error.pointer, detail: "can't be read: \(error.reason)"),
          number: index + 1)
      }
    }
  }
}
