// The JSON form of a policy:
//
//   {"kind": "majority"}
//   {"kind": "majority", "up_cap": 1, "min_domains": 2}
//   {"kind": "n_of_m", "n": 2}
//   {"kind": "percent", "percent": 60}
//   {"kind": "all"}
//   {"kind": "any"}
//
// `up_cap` and `min_domains` may stand beside every kind. A key that is not known, or that belongs
// to another kind, is refused.

extension Policy: Codable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let kind = try container.decode(String.self, forKey: Key("kind"))
    var known: Set = ["kind", "up_cap", "min_domains"]
    switch kind {
    case "majority": rule = .majority
    case "n_of_m":
      rule = .nOfM(try container.decode(Int.self, forKey: Key("n")))
      known.insert("n")
    case "percent":
      rule = .percent(try container.decode(Int.self, forKey: Key("percent")))
      known.insert("percent")
    case "all": rule = .all
    case "any": rule = .any
    default:
      throw DecodingError.dataCorruptedError(
        forKey: Key("kind"), in: container,
        debugDescription:
          "kind is \"\(kind)\"; it must be majority, n_of_m, percent, all or any")
    }
    upCap = try container.decodeIfPresent(Int.self, forKey: Key("up_cap"))
    minDomains = try container.decodeIfPresent(Int.self, forKey: Key("min_domains"))
    let surplus = container.allKeys.map(\.stringValue).filter { !known.contains($0) }.sorted()
    if let key = surplus.first {
      throw DecodingError.dataCorruptedError(
        forKey: Key(key), in: container,
        debugDescription: "a policy of kind \(kind) has no key \"\(key)\"")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch rule {
    case .majority: try container.encode("majority", forKey: Key("kind"))
    case .nOfM(let count):
      try container.encode("n_of_m", forKey: Key("kind"))
      try container.encode(count, forKey: Key("n"))
    case .percent(let share):
      try container.encode("percent", forKey: Key("kind"))
      try container.encode(share, forKey: Key("percent"))
    case .all: try container.encode("all", forKey: Key("kind"))
    case .any: try container.encode("any", forKey: Key("kind"))
    }
    try container.encodeIfPresent(upCap, forKey: Key("up_cap"))
    try container.encodeIfPresent(minDomains, forKey: Key("min_domains"))
  }
}
