/// One thing that is wrong with one field of a document.
public struct FieldError: Hashable, Sendable, CustomStringConvertible {
  /// Where: a JSON Pointer (RFC 6901); empty for the whole document.
  public var pointer: String
  /// What, in words that name the value that is allowed.
  public var detail: String

  public init(pointer: String, detail: String) {
    self.pointer = pointer
    self.detail = detail
  }

  public var description: String { pointer.isEmpty ? detail : "\(pointer): \(detail)" }
}

/// Everything that is wrong with a document, in the order in which it was noticed; never empty
/// when thrown.
public struct FieldErrors: Error, Hashable, Sendable, CustomStringConvertible {
  public var errors: [FieldError]

  public init(_ errors: [FieldError] = []) {
    self.errors = errors
  }

  /// A single error.
  public init(pointer: String, detail: String) {
    errors = [FieldError(pointer: pointer, detail: detail)]
  }

  /// Notes one more.
  public mutating func add(_ pointer: String, _ detail: String) {
    errors.append(FieldError(pointer: pointer, detail: detail))
  }

  public var description: String { errors.map(\.description).joined(separator: "; ") }
}
