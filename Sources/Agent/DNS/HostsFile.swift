import Model

/// What /etc/hosts says (hosts(5)): an address a line, and its names.
public struct HostsFile: Hashable, Sendable {
  /// Addresses that one name may have here; further ones are left out.
  static let mostAddresses = 64

  private var addresses: [DomainName: [IPAddress]] = [:]

  /// A file that is empty.
  public init() {}

  /// Reads the file. Lines that are not understood are left out, as glibc does.
  public init(parsing bytes: [UInt8]) {
    for line in TextLines(bytes) {
      let content = line.prefix { $0 != UInt8(ascii: "#") }
      let words = TextLines.words(content)
      guard let first = words.first, let address = IPAddress(text: first) else { continue }
      for word in words.dropFirst() {
        guard let name = try? DomainName.parse(word).name else { continue }
        var known = addresses[name] ?? []
        guard known.count < Self.mostAddresses, !known.contains(address) else { continue }
        known.append(address)
        addresses[name] = known
      }
    }
  }

  /// The addresses of a name, in the order of the file.
  public func addresses(of name: DomainName) -> [IPAddress] { addresses[name] ?? [] }
}
