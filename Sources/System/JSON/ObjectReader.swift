/// Takes a JSON object apart, field by field, and collects what is wrong instead of stopping at
/// the first mistake.
///
/// Every accessor marks its field as known. `finish()` reports the fields that nobody asked for and
/// throws all that was noted. An accessor answers `nil` for a field that is absent, `null`, or
/// wrong; in the last case an error is noted, so that after a `finish()` that did not throw `nil`
/// means absent or `null`.
public struct ObjectReader {
  /// Where the object stands in its document.
  public let pointer: String
  public private(set) var errors = FieldErrors()
  private let object: JSONObject
  private var known: Set<String> = []

  /// Reads `value`, which must be an object.
  public init(_ value: JSONValue, at pointer: String = "") {
    self.pointer = pointer
    if case .object(let object) = value {
      self.object = object
    } else {
      object = JSONObject()
      errors.add(pointer, "must be an object, not \(value.kindName)")
    }
  }

  /// Whether the object has the field, `null` included.
  public mutating func has(_ name: String) -> Bool {
    known.insert(name)
    return object[name] != nil
  }

  /// Whether the field is there and is `null`.
  public mutating func isNull(_ name: String) -> Bool {
    known.insert(name)
    return object[name]?.isNull ?? false
  }

  /// The field as it stands; `nil` where absent.
  public mutating func value(_ name: String) -> JSONValue? {
    known.insert(name)
    return object[name]
  }

  /// A string without U+0000 (which Postgres can't hold) whose UTF-8 has a length in `bytes`.
  public mutating func string(_ name: String, bytes: ClosedRange<Int>) -> String? {
    guard let value = present(name) else { return nil }
    guard case .string(let text) = value else { return refuse(name, "must be a string", value) }
    return checked(text, bytes: bytes, at: child(name))
  }

  /// An array of at most `count` strings, each of which `string` would take.
  public mutating func strings(
    _ name: String, count: Int, bytes: ClosedRange<Int>
  ) -> [String]? {
    guard let elements = array(name, count: count) else { return nil }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      let place = JSONPointer.child(String(index), of: child(name))
      guard case .string(let text) = element else {
        note(place, "must be a string, not \(element.kindName)")
        continue
      }
      if let text = checked(text, bytes: bytes, at: place) { texts.append(text) }
    }
    return texts
  }

  /// An array of at most `count` elements.
  public mutating func array(_ name: String, count: Int) -> [JSONValue]? {
    guard let value = present(name) else { return nil }
    guard case .array(let elements) = value else { return refuse(name, "must be an array", value) }
    guard elements.count <= count else {
      note(child(name), "has \(elements.count) elements; at most \(count) are allowed")
      return nil
    }
    return elements
  }

  /// An integer in `range`; `60.0` is one too, as JSON Schema has it.
  public mutating func integer<Number: FixedWidthInteger>(
    _ name: String, in range: ClosedRange<Number>
  ) -> Number? {
    guard let value = present(name) else { return nil }
    guard let integer = Self.whole(value) else {
      return refuse(name, "must be a whole number", value)
    }
    guard let number = Number(exactly: integer), range.contains(number) else {
      note(
        child(name),
        "is \(integer); it must be from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  private static func whole(_ value: JSONValue) -> Int64? {
    switch value {
    case .integer(let integer): integer
    case .number(let number): Int64(exactly: number)
    default: nil
    }
  }

  public mutating func bool(_ name: String) -> Bool? {
    guard let value = present(name) else { return nil }
    guard case .bool(let bool) = value else {
      return refuse(name, "must be true or false", value)
    }
    return bool
  }

  /// One of `words`.
  public mutating func word(_ name: String, of words: [String]) -> String? {
    guard let value = present(name) else { return nil }
    guard case .string(let text) = value, words.contains(text) else {
      note(child(name), "must be one of \(words.joined(separator: ", "))")
      return nil
    }
    return text
  }

  /// Reads the field's object with `body`; its errors and unknown fields join this reader's.
  public mutating func object<Result>(
    _ name: String, _ body: (inout ObjectReader) -> Result?
  ) -> Result? {
    guard let value = present(name) else { return nil }
    return nested(value, at: child(name), body)
  }

  /// Reads an object that stands elsewhere, for instance in an array of this one.
  public mutating func nested<Result>(
    _ value: JSONValue, at pointer: String, _ body: (inout ObjectReader) -> Result?
  ) -> Result? {
    var reader = ObjectReader(value, at: pointer)
    guard reader.errors.errors.isEmpty else {
      errors.errors += reader.errors.errors
      return nil
    }
    let result = body(&reader)
    reader.refuseUnknown()
    errors.errors += reader.errors.errors
    return result
  }

  /// Notes an error of the field `name` unless the reader has it with a value.
  public mutating func require(_ name: String) {
    known.insert(name)
    if object[name] == nil || object[name] == .null { note(child(name), "is required") }
  }

  /// Notes that something is wrong at `pointer`.
  public mutating func note(_ pointer: String, _ detail: String) {
    errors.add(pointer, detail)
  }

  /// The pointer of the field `name`.
  public func child(_ name: String) -> String { JSONPointer.child(name, of: pointer) }

  /// Notes the fields that nobody asked for, and throws when anything was noted.
  public mutating func finish() throws(FieldErrors) {
    refuseUnknown()
    if !errors.errors.isEmpty { throw errors }
  }

  private mutating func refuseUnknown() {
    for member in object.members where !known.contains(member.name) {
      note(child(member.name), "is not a field of this object")
    }
  }

  private mutating func present(_ name: String) -> JSONValue? {
    known.insert(name)
    guard let value = object[name], value != .null else { return nil }
    return value
  }

  private mutating func refuse<Result>(
    _ name: String, _ detail: String, _ value: JSONValue
  ) -> Result? {
    note(child(name), "\(detail), not \(value.kindName)")
    return nil
  }

  private mutating func checked(
    _ text: String, bytes: ClosedRange<Int>, at pointer: String
  ) -> String? {
    guard bytes.contains(text.utf8.count) else {
      note(
        pointer,
        text.isEmpty
          ? "must not be empty"
          : "has \(text.utf8.count) bytes; it must have from \(bytes.lowerBound) to \(bytes.upperBound)"
      )
      return nil
    }
    guard !text.utf8.contains(0) else {
      note(pointer, "must not contain U+0000")
      return nil
    }
    return text
  }
}
