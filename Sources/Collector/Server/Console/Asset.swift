import API
import Console

/// The console's files. Their names carry a hash of what they hold, so that they may be kept.
enum Asset {
  static func answer(_ name: String) -> SiteAnswer {
    switch name {
    case ConsoleStylesheet.name: kept("text/css; charset=utf-8", ConsoleStylesheet.bytes)
    case ConsoleScript.name: kept("text/javascript; charset=utf-8", ConsoleScript.bytes)
    case "icon.svg":
      SiteAnswer(
        type: "image/svg+xml", body: ConsoleStylesheet.icon,
        headers: [("cache-control", "public, max-age=86400")])
    default:
      SiteAnswer(status: 404, type: "text/plain", body: Array("There is no such file.\n".utf8))
    }
  }

  private static func kept(_ type: String, _ bytes: [UInt8]) -> SiteAnswer {
    SiteAnswer(
      type: type, body: bytes, headers: [("cache-control", "public, max-age=31536000, immutable")])
  }
}
