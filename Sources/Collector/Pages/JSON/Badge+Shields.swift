public import JSON

extension Badge {
  /// The document that an endpoint badge of shields.io reads.
  public var shields: JSONValue {
    [
      "schemaVersion": 1, "label": .string(Self.cut(label)), "message": .string(Self.cut(message)),
      "color": .string(colour.shields), "cacheSeconds": 60,
    ]
  }
}
