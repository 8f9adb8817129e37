import Model
import OpenSSL

/// How an agent's root key is kept: sealed, and bound to the agent and the key's number, so that a
/// root that was moved to another row does not open.
enum SealedRoot {
  static func seal(
    _ root: [UInt8], agent: AgentID, keyID: Int32, _ key: SealingKey
  ) throws(OpenSSLError) -> [UInt8] {
    try key.seal(root, context: context(agent, keyID))
  }

  static func open(
    _ sealed: [UInt8], agent: AgentID, keyID: Int32, _ key: SealingKey
  ) throws(OpenSSLError) -> [UInt8] {
    try key.open(sealed, context: context(agent, keyID))
  }

  /// What stands where there is nothing to open, and opens as well: so that who measures how long
  /// an answer takes does not learn by it what there is.
  static func decoy(_ key: SealingKey) throws(OpenSSLError) -> [UInt8] {
    try seal([UInt8](repeating: 0, count: 32), agent: .zero, keyID: 0, key)
  }

  private static func context(_ agent: AgentID, _ keyID: Int32) -> [UInt8] {
    let number = UInt32(bitPattern: keyID)
    return Array("agent root".utf8) + agent.bytes
      + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}
