public import Model

/// How a question is put to name servers.
public struct LookupPolicy: Hashable, Sendable {
  /// UDP turns to TCP by itself where an answer is truncated.
  public var transport = LookupTransport.udp
  /// How TLS is made, where the transport has it.
  public var tls = TLSWishes()
  /// How often each server is asked before it counts as silent; 1 to 5.
  public var tries = 2
  /// So long after a question without an answer the next server is asked, or the same one again, in
  /// microseconds; the answer to the earlier question is still heard.
  public var retryUs: Int64 = 5_000_000
  public var wantsRecursion = true
  /// Whether EDNS is used; a server that does not know it is asked again without.
  public var usesExtended = true
  /// Whether signatures are to come along (DO); needs EDNS.
  public var wantsSignatures = false
  /// Whether the server is to tell if it has verified the answer (AD).
  public var wantsAuthenticData = false
  public var disablesChecking = false
  /// Whether letters are sent in mixed case, which must come back as they were sent. Some servers
  /// change them, and then do not answer for us.
  public var mixesCase = false
  /// Whether a cookie goes along, which an answer that carries one must repeat (RFC 7873).
  public var usesCookies = false
  /// Whether the target of an alias is asked for where an answer ends with the alias.
  public var followsAliases = true

  public init() {}
}
