import API
import HTTPTypes
import NIOCore

/// A site that has `/kept` and `/kept-long` in memory, and makes whatever else is asked for below them or
/// at `/made`: what it makes says so.
struct KeptSite: PublicSite {
  static let longBytes = 4 << 20

  func owns(_ path: Substring) -> Bool { path.hasPrefix("/kept") || path == "/made" }

  func answer(
    to head: HTTPRequest, at path: Substring, charge: () -> Int?
  ) async -> PublicAnswer {
    PublicAnswer(
      status: .ok, fields: [.contentLength: "4"], body: ByteBuffer(string: "made"))
  }

  func keptAnswer(to head: HTTPRequest, at path: Substring) -> PublicAnswer? {
    let body: ByteBuffer
    switch path {
    case "/kept": body = ByteBuffer(string: "ok")
    case "/kept-long": body = ByteBuffer(repeating: 0x78, count: Self.longBytes)
    default: return nil
    }
    return PublicAnswer(
      status: .ok, fields: [.contentLength: String(body.readableBytes)],
      body: head.method == .head ? nil : body)
  }
}
