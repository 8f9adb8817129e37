/// Which letters are the same but for their case.
///
/// Simple folding (one scalar for one) of letters up to U+24FF, from the Unicode tables of the
/// standard library; so `k` is also the Kelvin sign, and `s` the long s.
enum CaseFolding {
  /// Every scalar that has others, with them.
  private static let others: [UInt32: [UInt32]] = {
    var families: [UInt32: [UInt32]] = [:]
    // The dotless i is an i in Turkish only.
    for value: UInt32 in 0x41...0x24ff where value != 0x131 {
      guard let scalar = Unicode.Scalar(value), let key = folded(scalar) else { continue }
      families[key, default: []].append(value)
    }
    var others: [UInt32: [UInt32]] = [:]
    for family in families.values where family.count > 1 {
      for member in family { others[member] = family.filter { $0 != member } }
    }
    return others
  }()

  private static func folded(_ scalar: Unicode.Scalar) -> UInt32? {
    // Upper case first: it joins the final sigma with the other one.
    guard let upper = only(scalar.properties.uppercaseMapping),
      let lower = only(upper.properties.lowercaseMapping)
    else { return only(scalar.properties.lowercaseMapping)?.value }
    return lower.value
  }

  private static func only(_ mapping: String) -> Unicode.Scalar? {
    let scalars = mapping.unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else { return nil }
    return first
  }

  /// The set with every letter's other cases.
  static func folded(_ set: ScalarSet) -> ScalarSet {
    var ranges = set.ranges
    for range in set.ranges {
      if range.count < others.count {
        for scalar in range { ranges += others[scalar, default: []].map { $0...$0 } }
      } else {
        for (scalar, more) in others where range.contains(scalar) {
          ranges += more.map { $0...$0 }
        }
      }
    }
    return ScalarSet(ranges)
  }
}
