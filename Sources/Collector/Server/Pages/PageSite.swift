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
  static let assets = "/status-assets/"
  /// Their names hold a hash of what is in them.
  private static let files: [String: KeptAnswer] = {
    var files = [Stylesheet.name: KeptAnswer(Stylesheet.bytes, type: "text/css; charset=utf-8")]
    for icon in PageIcon.files { files[icon.name] = KeptAnswer(icon.bytes, type: "image/svg+xml") }
    return files
  }()

  public func owns(_ path: Substring) -> Bool {
    path.hasPrefix(Self.root) || path.hasPrefix(Self.assets)
  }

  public func response(
    to request: Request, at path: Substring, charge: () -> Int?
  ) async -> Response {
    guard request.method == .get || request.method == .head else { return Self.otherMethod }
    if path.hasPrefix(Self.assets) {
      guard let file = Self.files[String(path.dropFirst(Self.assets.count))] else {
        return Self.response(.nothing, to: request)
      }
      return Self.response(
        file, to: request, cache: "public, max-age=31536000, immutable")
    }
    guard let (slug, view) = Self.place(path) else { return Self.response(.nothing, to: request) }
    if let kept = book.kept(slug: slug, view: view) {
      return Self.response(kept, showing: view, to: request)
    }
    switch await book.page(slug) {
    case .none: return Self.response(.nothing, to: request)
    case .unavailable: return Self.response(.unavailable, to: request)
    case .kept(let page):
      switch await page.answer(view, charge: charge) {
      case .answer(let answer): return Self.response(answer, showing: view, to: request)
      case .none: return Self.response(.nothing, to: request)
      case .refused(let seconds): return Self.response(.tooMany(seconds), to: request)
      }
    }
  }

  /// What a path below `/status/` names.
  private static func place(_ path: Substring) -> (slug: String, view: PageView)? {
    var segments = path.dropFirst(root.count).split(
      separator: "/", omittingEmptySubsequences: false)
    let slug = segments.removeFirst()
    return PageView(segments).map { (String(slug), $0) }
  }

  // MARK: Answers

  private static func response(
    _ answer: KeptAnswer, showing view: PageView, to request: Request
  ) -> Response {
    response(
      answer, to: request,
      cache: "public, max-age=10, stale-while-revalidate=30, stale-if-error=86400",
      isForPrograms: view.isForPrograms)
  }

  private static func response(_ refusal: PageRefusal, to request: Request) -> Response {
    var response = response(
      refusal.answer, to: request, cache: "no-store", status: refusal.status)
    if let seconds = refusal.seconds { response.headers[.retryAfter] = String(seconds) }
    return response
  }

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
    headers: [.allow: "GET, HEAD", .contentLength: "0"])
}
