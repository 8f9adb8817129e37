import Pages
import Store

/// What a load gives.
struct LoadedPage: Sendable {
  let kept: KeptPage
  let responses: Responses

  /// The response times by the components' ids, which are read less often than the rest.
  struct Responses: Sendable {
    var times: [String: ResponseTimes]
    /// The moment before.
    var readAt: Int64
  }
}

/// What there is at the address of a page.
enum PageAnswer: Sendable {
  case kept(KeptPage)
  case none
  /// Nobody can say now.
  case unavailable
}
