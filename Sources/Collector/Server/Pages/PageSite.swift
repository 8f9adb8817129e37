public import API
import HTTPTypes
public import Hummingbird
import NIOCore
import Pages

/// Answers requests for public pages.
public struct PageSite: PublicSite {
  private let book: PageBook

  init(_ book: PageBook) {
    self.book = book
  }

  private static let root = "/status/"
  private static let assets = "/status-assets/"
  /// Their names hold a hash of what is in them.
  private static let files: [String: KeptAnswer] = {
    var files = [Stylesheet.name: KeptAnswer(Stylesheet.bytes, type: "text/css; charset=utf-8")]
    for icon in PageIcon.files { files[icon.name] = KeptAnswer(icon.bytes, type: "image/svg+xml") }
    return files
  }()

  public func owns(_ path: Substring) -> Bool {
    path.hasPrefix(Self.root) || path.hasPrefix(Self.assets)
  }

  public func response(to request: Request, at path: Substring) async -> Response {
    guard request.method == .get || request.method == .head else { return Self.otherMethod }
    if path.hasPrefix(Self.assets) {
      guard let file = Self.files[String(path.dropFirst(Self.assets.count))] else {
        return Self.nothing(request)
      }
      return Self.response(
        file, to: request, cache: "public, max-age=31536000, immutable")
    }
    var segments = path.dropFirst(Self.root.count).split(
      separator: "/", omittingEmptySubsequences: false)
    let slug = segments.removeFirst()
    guard let view = PageView(segments), let kept = await book.page(String(slug)),
      let answer = kept.answer(view)
    else { return Self.nothing(request) }
    return Self.response(
      answer, to: request,
      cache: "public, max-age=10, stale-while-revalidate=30, stale-if-error=86400",
      isForPrograms: view.isForPrograms)
  }

  // MARK: Answers

  private static func response(
    _ answer: KeptAnswer, to request: Request, cache: String, isForPrograms: Bool = false,
    status: HTTPResponse.Status = .ok
  ) -> Response {
    let compressed =
      Negotiation.acceptsGzip(request.headers[.acceptEncoding]) ? answer.compressed : nil
    let tag = compressed == nil ? answer.tag : answer.compressedTag
    var fields = HTTPFields()
    fields[.cacheControl] = cache
    fields[.eTag] = tag
    if answer.compressed != nil { fields[.vary] = "Accept-Encoding" }
    fields[.xContentTypeOptions] = "nosniff"
    fields[.contentSecurityPolicy] = Stylesheet.contentSecurityPolicy
    if isForPrograms {
      fields[.accessControlAllowOrigin] = "*"
      if let resourcePolicy { fields[resourcePolicy] = "cross-origin" }
    }
    if status == .ok, let known = request.headers[.ifNoneMatch],
      EntityTag.isNamed(tag, in: known)
    {
      return Response(status: .notModified, headers: fields)
    }
    fields[.contentType] = answer.type
    if compressed != nil { fields[.contentEncoding] = "gzip" }
    let bytes = compressed ?? answer.plain
    fields[.contentLength] = String(bytes.readableBytes)
    return Response(
      status: status, headers: fields,
      body: request.method == .head ? .init() : .init(byteBuffer: bytes))
  }

  private static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")

  private static let otherMethod = Response(
    status: .methodNotAllowed,
    headers: [.allow: "GET, HEAD", .contentLength: "0", .connection: "close"])

  private static func nothing(_ request: Request) -> Response {
    response(notFound, to: request, cache: "no-store", status: .notFound)
  }

  private static let notFound = KeptAnswer(
    Array(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>Nothing is here</title>
      <link rel="stylesheet" href="\(assets)\(Stylesheet.name)">
      </head>
      <body>
      <main id="main">
      <div class="card">
      <h1>Nothing is here</h1>
      <p>No status page has this address, or this part of one is no longer shown.</p>
      </div>
      </main>
      </body>
      </html>

      """.utf8), type: "text/html; charset=utf-8")
}
