/// Where a page and all that belongs to it is served.
public struct PageAddress: Hashable, Sendable, Codable {
  /// `https://status.example.org`, without a slash at its end; feeds and JSON name the page by it.
  public var origin: String
  /// `/status/acme`, or empty where the page has a host of its own.
  public var path: String
  /// The folder of the stylesheet, `/status-assets`: the same for every page, so that it's kept.
  public var assets: String

  public init(origin: String, path: String, assets: String = "/status-assets") {
    self.origin = origin
    self.path = path
    self.assets = assets
  }

  /// The page itself.
  public var page: String { path.isEmpty ? "/" : path }
  public var stylesheet: String { "\(assets)/\(Stylesheet.name)" }
  func icon(_ state: ComponentState) -> String { "\(assets)/\(PageIcon.name(state))" }
  public var atom: String { "\(path)/feed.atom" }
  public var rss: String { "\(path)/feed.rss" }
  public var history: String { "\(path)/history" }
  public func incident(_ id: String) -> String { "\(path)/incidents/\(Self.encoded(id))" }
  public func component(_ id: String) -> String { "\(path)/components/\(Self.encoded(id))" }
  public func chart(_ id: String) -> String {
    "\(path)/components/\(Self.encoded(id))/response.svg"
  }
  public func history(_ month: CalendarMonth) -> String { "\(path)/history/\(month)" }

  /// The address with its host, for feeds and programs.
  public func absolute(_ path: String) -> String { origin + path }

  /// One segment of a path: what RFC 3986 section 2.3 reserves for nothing stays, all else is
  /// encoded.
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        bytes.append(byte)
      default:
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
