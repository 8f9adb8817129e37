import Model

/// What /etc/resolv.conf says (resolv.conf(5)).
public struct ResolverConfiguration: Hashable, Sendable {
  /// Those that glibc reads; further ones are left out.
  public static let mostServers = 3
  /// Domains that are tried behind a short name.
  static let mostSearched = 32

  /// At least one.
  public var servers: [ServerAddress]
  public var search: [DomainName]
  /// A name with fewer dots is tried within the domains of `search` first; 0 to 15.
  public var dots: Int
  /// Seconds until the next server is asked; 1 to 30.
  public var timeoutSeconds: Int
  /// How often each server is asked; 1 to 5.
  public var attempts: Int
  /// Whether each lookup begins with another server.
  public var rotates: Bool
  public var usesExtended: Bool
  /// Whether what the servers say of verified signatures is asked for and believed.
  public var trustsAuthenticData: Bool
  /// Whether only TCP is used.
  public var usesTCP: Bool
  /// Whether IPv6 addresses are looked up only where nothing else will do.
  public var avoidsIPv6: Bool

  /// What an empty file means: a server on this host.
  public init() {
    servers = [ServerAddress(.ipv4(0x7f00_0001))]
    search = []
    dots = 1
    timeoutSeconds = 5
    attempts = 2
    rotates = false
    usesExtended = false
    trustsAuthenticData = false
    usesTCP = false
    avoidsIPv6 = false
  }

  /// Reads the file. Lines that are not understood are left out, as glibc does.
  ///
  /// - Parameter port: where the servers listen; the file can't say.
  public init(parsing bytes: [UInt8], port: UInt16 = ServerAddress.commonPort) {
    self.init()
    var found: [ServerAddress] = []
    for line in TextLines(bytes) {
      guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else {
        continue
      }
      let words = TextLines.words(line)
      guard let key = words.first else { continue }
      switch String(decoding: key, as: UTF8.self) {
      case "nameserver":
        if found.count < Self.mostServers, let server = Self.server(words.dropFirst().first, port) {
          found.append(server)
        }
      case "domain":
        search = Self.domains(words.dropFirst().prefix(1))
      case "search":
        search = Self.domains(words.dropFirst())
      case "options":
        for word in words.dropFirst() { take(option: String(decoding: word, as: UTF8.self)) }
      default: break
      }
    }
    servers = found.isEmpty ? [ServerAddress(.ipv4(0x7f00_0001), port: port)] : found
  }

  private static func server(_ word: ArraySlice<UInt8>?, _ port: UInt16) -> ServerAddress? {
    guard let word else { return nil }
    let parts = word.split(
      separator: UInt8(ascii: "%"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(text: first) else { return nil }
    let zone = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
    return ServerAddress(address, port: port, zone: zone)
  }

  private static func domains(_ words: ArraySlice<ArraySlice<UInt8>>) -> [DomainName] {
    words.prefix(mostSearched).compactMap { try? DomainName.parse($0).name }
      .filter { !$0.isRoot }
  }

  private mutating func take(option: String) {
    let parts = option.split(separator: ":", maxSplits: 1)
    let number = parts.count > 1 ? Int(parts[1]).map { max(0, $0) } : nil
    switch (parts.first ?? "", number) {
    case ("ndots", let number?): dots = min(15, number)
    case ("timeout", let number?): timeoutSeconds = min(30, max(1, number))
    case ("attempts", let number?): attempts = min(5, max(1, number))
    case ("rotate", nil): rotates = true
    case ("edns0", nil): usesExtended = true
    case ("trust-ad", nil): trustsAuthenticData = true
    case ("use-vc", nil): usesTCP = true
    case ("no-aaaa", nil): avoidsIPv6 = true
    default: break
    }
  }

  /// How the servers are asked.
  public var policy: LookupPolicy {
    var policy = LookupPolicy()
    policy.transport = usesTCP ? .tcp : .udp
    policy.tries = attempts
    policy.retryUs = Int64(timeoutSeconds) * 1_000_000
    policy.usesExtended = usesExtended
    policy.wantsAuthenticData = trustsAuthenticData
    return policy
  }
}

/// The lines of a small file of text, without what ends them.
struct TextLines: Sequence, IteratorProtocol {
  private var rest: ArraySlice<UInt8>
  private var isDone = false

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  mutating func next() -> ArraySlice<UInt8>? {
    guard !isDone else { return nil }
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      isDone = true
      return rest.isEmpty ? nil : rest
    }
    defer { rest = rest[(end + 1)...] }
    return rest[rest.startIndex..<end]
  }

  /// What stands between blanks.
  static func words(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
  }
}
