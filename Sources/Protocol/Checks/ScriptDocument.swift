import JSON
import Model

/// The member `script` of a check: steps, each `{"send": "text"}`, `{"send_base64": "AAE="}` or
/// `{"expect": "pattern"}`.
enum ScriptDocument {
  static func json(_ script: [ScriptStep]) -> JSONValue {
    .array(
      script.map { step in
        var object = JSONObject()
        switch step {
        case .send(let bytes): CommonDocument.write(bytes, as: "send", to: &object)
        case .expect(let pattern): object["expect"] = .string(pattern)
        }
        return .object(object)
      })
  }

  static func read(_ reader: inout ObjectReader) -> [ScriptStep] {
    guard let steps = reader.array("script", count: 32) else { return [] }
    let place = reader.child("script")
    return steps.enumerated().compactMap { index, step in
      reader.nested(step, at: JSONPointer.child(String(index), of: place)) { readStep(&$0) }
    }
  }

  private static func readStep(_ reader: inout ObjectReader) -> ScriptStep? {
    let bytes = CommonDocument.bytes("send", most: 4096, &reader)
    let pattern = reader.string("expect", bytes: 1...4096)
    if let bytes, pattern == nil { return .send(bytes) }
    if let pattern, bytes == nil { return .expect(pattern) }
    if reader.errors.errors.isEmpty {
      reader.note(reader.pointer, "must have either send or expect")
    }
    return nil
  }
}
