public import API
public import HTTPTypes
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
    var files = [
      Stylesheet.name: KeptAnswer(
        Stylesheet.bytes, type: "text/css; charset=utf-8", caching: .file)
    ]
    for icon in PageIcon.files {
      files[icon.name] = KeptAnswer(icon.bytes, type: "image/svg+xml", caching: .file)
    }
    return files
  }()

  public func owns(_ path: Substring) -> Bool {
    path.hasPrefix(Self.root) || path.hasPrefix(Self.assets)
  }

  public func keptAnswer(to head: HTTPRequest, at path: Substring) -> PublicAnswer? {
    guard head.method == .get || head.method == .head else { return nil }
    if path.hasPrefix(Self.assets) { return Self.file(path)?.answer(to: head) }
    guard let (slug, view) = Self.place(path) else { return nil }
    return book.kept(slug: slug, view: view)?.answer(to: head)
  }

  public func answer(
    to head: HTTPRequest, at path: Substring, charge: () -> Int?
  ) async -> PublicAnswer {
    guard head.method == .get || head.method == .head else { return Self.otherMethod }
    if let kept = keptAnswer(to: head, at: path) { return kept }
    guard !path.hasPrefix(Self.assets), let (slug, view) = Self.place(path) else {
      return PageRefusal.nothing.answer(to: head)
    }
    switch await book.page(slug) {
    case .none: return PageRefusal.nothing.answer(to: head)
    case .unavailable: return PageRefusal.unavailable.answer(to: head)
    case .kept(let page):
      switch await page.answer(view, charge: charge) {
      case .answer(let answer): return answer.answer(to: head)
      case .none: return PageRefusal.nothing.answer(to: head)
      case .refused(let seconds): return PageRefusal.tooMany(seconds).answer(to: head)
      }
    }
  }

  private static func file(_ path: Substring) -> KeptAnswer? {
    files[String(path.dropFirst(assets.count))]
  }

  /// What a path below `/status/` names.
  private static func place(_ path: Substring) -> (slug: String, view: PageView)? {
    var segments = path.dropFirst(root.count).split(
      separator: "/", omittingEmptySubsequences: false)
    let slug = segments.removeFirst()
    return PageView(segments).map { (String(slug), $0) }
  }

  private static let otherMethod = PublicAnswer(
    status: .methodNotAllowed, fields: [.allow: "GET, HEAD", .contentLength: "0"])
}
