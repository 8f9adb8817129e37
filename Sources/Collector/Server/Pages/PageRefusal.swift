import API
import HTTPTypes
import Pages

/// Why a page, or a part of one, is not shown.
enum PageRefusal: Sendable {
  case nothing
  /// Nobody can say whether it is there.
  case unavailable
  /// Whoever asks has asked for too much, and may ask again in so many seconds.
  case tooMany(Int)

  var status: HTTPResponse.Status {
    switch self {
    case .nothing: .notFound
    case .unavailable: .serviceUnavailable
    case .tooMany: .tooManyRequests
    }
  }

  /// When to ask again.
  var seconds: Int? {
    switch self {
    case .nothing: nil
    case .unavailable: 5
    case .tooMany(let seconds): seconds
    }
  }

  func answer(to head: HTTPRequest) -> PublicAnswer {
    var answer = page.answer(to: head, status: status)
    if let seconds { answer.fields[.retryAfter] = String(seconds) }
    return answer
  }

  private var page: KeptAnswer {
    switch self {
    case .nothing: Self.nothingAnswer
    case .unavailable: Self.unavailableAnswer
    case .tooMany: Self.tooManyAnswer
    }
  }

  private static let nothingAnswer = answer(
    "Nothing is here",
    "No status page has this address, or this part of one is no longer shown.")
  private static let unavailableAnswer = answer(
    "The page can’t be shown now", "Ask again in a few seconds.")
  private static let tooManyAnswer = answer(
    "That was much at once", "Too many pages were asked for from here; ask again in a moment.")

  private static func answer(_ title: StaticString, _ text: StaticString) -> KeptAnswer {
    KeptAnswer(
      Array(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="stylesheet" href="\(PageSite.assets)\(Stylesheet.name)">
        </head>
        <body>
        <main id="main">
        <div class="card">
        <h1>\(title)</h1>
        <p>\(text)</p>
        </div>
        </main>
        </body>
        </html>

        """.utf8), type: "text/html; charset=utf-8", caching: .none)
  }
}
