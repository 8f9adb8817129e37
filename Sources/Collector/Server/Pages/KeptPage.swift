import Pages
import Synchronization

/// A page as it was loaded, and what was rendered of it since.
final class KeptPage: Sendable {
  let page: StatusPage
  private let rendered = Mutex(Rendered())

  private struct Rendered {
    var answers: [PageView: KeptAnswer] = [:]
    var byteCount = 0
  }

  /// What is rendered of one page is kept up to so many bytes; what comes then takes the place of all
  /// but the page itself.
  private static let mostBytes = 2 << 20

  init(_ page: StatusPage) {
    self.page = page
  }

  /// `nil` where the page has no such part.
  func answer(_ view: PageView) -> KeptAnswer? {
    if let kept = rendered.withLock({ $0.answers[view] }) { return kept }
    guard let bytes = view.bytes(of: page) else { return nil }
    let answer = KeptAnswer(bytes, type: view.type)
    rendered.withLock { rendered in
      if rendered.byteCount + answer.byteCount > Self.mostBytes {
        rendered.answers = rendered.answers.filter { $0.key == .overview }
        rendered.byteCount = rendered.answers.values.reduce(0) { $0 + $1.byteCount }
      }
      if rendered.answers.updateValue(answer, forKey: view) == nil {
        rendered.byteCount += answer.byteCount
      }
    }
    return answer
  }

  /// How much memory it takes, about.
  var byteCount: Int {
    rendered.withLock { $0.byteCount } + page.components.count * 2_048
      + page.incidents.count * 512
  }
}
