/// Which agent of a region votes for a monitor: the one whose hash with it is highest
/// (rendezvous hashing, Thaler and Ravishankar 1998). An agent that comes or goes moves only the
/// monitors that it wins or had won.
public enum Rendezvous {
  /// The same on every platform and in every version: stored assignments depend on it.
  public static func weight(monitor: Int64, agent: AgentKey) -> UInt64 {
    mix(mix(UInt64(bitPattern: monitor)) ^ UInt64(UInt32(bitPattern: agent)))
  }

  /// Whether `left` ranks before `right` for `monitor`.
  public static func ranks(_ left: AgentKey, before right: AgentKey, monitor: Int64) -> Bool {
    let weights = (
      weight(monitor: monitor, agent: left), weight(monitor: monitor, agent: right)
    )
    return weights.0 == weights.1 ? left < right : weights.0 > weights.1
  }

  /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014), after its increment.
  static func mix(_ value: UInt64) -> UInt64 {
    var word = value &+ 0x9E37_79B9_7F4A_7C15
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}
