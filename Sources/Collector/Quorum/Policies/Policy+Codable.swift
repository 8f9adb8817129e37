// The JSON form of a policy:
//
//   {"kind": "majority"}
//   {"kind": "majority", "up_cap": 1, "min_domains": 2}
//   {"kind": "n_of_m", "n": 2}
//   {"kind": "percent", "percent": 60}
//   {"kind": "all"}
//   {"kind": "any"}
//   {"kind": "weighted", "weights": {"eu-west": 3, "us-east": 2}}
//
// Beside every kind may stand `up_cap`, `min_domains`, `must_fail` and `ignore` (lists of regions)
// and `severity` (`{"down": "page", "regional": "none"}`). A key that is not known, or that belongs
// to another kind, is refused. What is as it is by default is not written.

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
    var known: Set = ["kind", "up_cap", "min_domains", "must_fail", "ignore", "severity"]
    let rule: Rule
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
    case "weighted":
      rule = .weighted(try container.decode([String: Int].self, forKey: Key("weights")))
      known.insert("weights")
    default:
      throw DecodingError.dataCorruptedError(
        forKey: Key("kind"), in: container,
        debugDescription:
          "kind is \"\(kind)\"; it must be majority, n_of_m, percent, all, any or weighted")
    }
    self.init(
      rule, upCap: try container.decodeIfPresent(Int.self, forKey: Key("up_cap")),
      minDomains: try container.decodeIfPresent(Int.self, forKey: Key("min_domains")),
      mustFail: try container.decodeIfPresent([String].self, forKey: Key("must_fail")) ?? [],
      ignored: try container.decodeIfPresent([String].self, forKey: Key("ignore")) ?? [])
    if container.contains(Key("severity")) {
      urgencies = try Self.urgencies(
        try container.nestedContainer(keyedBy: Key.self, forKey: Key("severity")))
    }
    let surplus = container.allKeys.map(\.stringValue).filter { !known.contains($0) }.sorted()
    if let key = surplus.first {
      throw DecodingError.dataCorruptedError(
        forKey: Key(key), in: container,
        debugDescription: "a policy of kind \(kind) has no key \"\(key)\"")
    }
  }

  private static func urgencies(_ container: KeyedDecodingContainer<Key>) throws -> Urgencies {
    var urgencies = Urgencies.standard
    for key in container.allKeys {
      guard Urgencies.keys.contains(key.stringValue),
        let urgency = Urgency(rawValue: try container.decode(String.self, forKey: key)),
        Urgencies.words.contains(urgency)
      else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container,
          debugDescription:
            "severity is page, notify or none, of down, partial, regional or degraded")
      }
      urgencies[key.stringValue] = urgency
    }
    return urgencies
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
    case .weighted(let weights):
      try container.encode("weighted", forKey: Key("kind"))
      try container.encode(weights, forKey: Key("weights"))
    }
    try container.encodeIfPresent(upCap, forKey: Key("up_cap"))
    try container.encodeIfPresent(minDomains, forKey: Key("min_domains"))
    if !mustFail.isEmpty { try container.encode(mustFail, forKey: Key("must_fail")) }
    if !ignored.isEmpty { try container.encode(ignored, forKey: Key("ignore")) }
    if urgencies != .standard {
      var nested = container.nestedContainer(keyedBy: Key.self, forKey: Key("severity"))
      for choice in urgencies.choices {
        try nested.encode(choice.urgency.rawValue, forKey: Key(choice.key))
      }
    }
  }
}
