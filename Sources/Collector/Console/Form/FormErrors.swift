public import JSON

/// What is wrong with a form: sentences by field, and those about no field in particular.
public struct FormErrors: Hashable, Sendable {
  public private(set) var byField: [String: [String]] = [:]
  public private(set) var general: [String] = []

  public init() {}

  /// - Parameters:
  ///   - problem: as the API refuses a body (`application/problem+json`).
  ///   - field: which field of the form a member of the body comes from (RFC 6901).
  public init(_ problem: JSONValue, field: (_ pointer: String) -> String?) {
    let errors = problem["errors"]?.elements ?? []
    for error in errors {
      let detail = error["detail"]?.stringValue ?? "can't be taken as it is"
      let pointer = error["pointer"]?.stringValue ?? ""
      if let name = field(pointer) {
        add(name, detail)
      } else {
        general.append(pointer.isEmpty ? detail : "\(pointer): \(detail)")
      }
    }
    guard errors.isEmpty else { return }
    general = [problem["detail"]?.stringValue ?? "The collector can't take this."]
  }

  public var isEmpty: Bool { byField.isEmpty && general.isEmpty }

  public mutating func add(_ field: String, _ detail: String) {
    if byField[field]?.contains(detail) != true { byField[field, default: []].append(detail) }
  }

  public mutating func add(_ detail: String) { general.append(detail) }
}
