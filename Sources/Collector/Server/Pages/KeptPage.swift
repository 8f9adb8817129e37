import Pages
import Synchronization

/// A page as it was loaded, and what was rendered of it.
final class KeptPage: Sendable {
  let page: StatusPage
  private let overview: KeptAnswer
  /// What `page` takes; it never changes.
  private let pageBytes: Int
  private let others = Mutex(Others())

  /// Whatever is not the page itself.
  private struct Others {
    var answers: [PageView: KeptAnswer] = [:]
    /// Those of `answers`, oldest first.
    var order: [PageView] = []
    var byteCount = 0
    var underWay: [PageView: Task<KeptAnswer?, Never>] = [:]

    mutating func keep(_ answer: KeptAnswer, _ view: PageView) {
      while byteCount + answer.byteCount > KeptPage.mostBytes, !order.isEmpty {
        byteCount -= answers.removeValue(forKey: order.removeFirst())?.byteCount ?? 0
      }
      answers[view] = answer
      order.append(view)
      byteCount += answer.byteCount
    }
  }

  /// So many bytes of others are kept; the oldest make room for what comes then.
  private static let mostBytes = 2 << 20

  /// Renders the page itself.
  init(_ page: StatusPage) {
    let page = page.bounded()
    self.page = page
    pageBytes = page.byteCount
    overview = PageView.overview.answer(page.html())
  }

  /// What was rendered already.
  func kept(_ view: PageView) -> KeptAnswer? {
    view == .overview ? overview : others.withLock { $0.answers[view] }
  }

  /// What comes of rendering.
  enum Rendering: Sendable {
    case answer(KeptAnswer)
    /// The page has no such part.
    case none
    /// Whoever asks has asked for too much, and may ask again in so many seconds.
    case refused(seconds: Int)
  }

  /// What shows `view`, rendered once however many ask for it at the same time.
  ///
  /// - Parameter charge: counts one rendering of whoever asks; it returns in how many seconds there may
  ///   be one where there were too many. It must not block.
  func answer(_ view: PageView, charge: () -> Int?) async -> Rendering {
    if view == .overview { return .answer(overview) }
    enum Found {
      case rendering(Rendering)
      case underWay(Task<KeptAnswer?, Never>)
    }
    let found: Found = others.withLock { others in
      if let answer = others.answers[view] { return .rendering(.answer(answer)) }
      if let task = others.underWay[view] { return .underWay(task) }
      if let seconds = charge() { return .rendering(.refused(seconds: seconds)) }
      let task = Task { self.render(view) }
      others.underWay[view] = task
      return .underWay(task)
    }
    switch found {
    case .rendering(let rendering): return rendering
    case .underWay(let task): return await task.value.map { .answer($0) } ?? .none
    }
  }

  private func render(_ view: PageView) -> KeptAnswer? {
    let answer = view.bytes(of: page).map(view.answer)
    others.withLock { others in
      others.underWay[view] = nil
      if let answer { others.keep(answer, view) }
    }
    return answer
  }

  /// How much memory it takes, about.
  var byteCount: Int {
    others.withLock { $0.byteCount } + overview.byteCount + pageBytes
  }
}
