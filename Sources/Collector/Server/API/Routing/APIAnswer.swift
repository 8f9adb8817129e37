import JSON

/// What a handler answers when nothing went wrong.
struct APIAnswer: Sendable {
  var status: Int
  /// Lower-case names.
  var headers: [(String, String)] = []
  /// `nil` sends no body.
  var body: Body?
  /// What people last changed the thing to: the part of its `ETag` that `If-Match` compares.
  var version: String?

  enum Body: Sendable {
    case json(JSONValue)
    case kept(KeptContent)
    case stream(StreamBody)
    /// Of a site, which answers no routes.
    case bytes([UInt8], type: String)
  }

  /// 200 with a body.
  static func ok(_ body: JSONValue, version: String? = nil) -> APIAnswer {
    APIAnswer(status: 200, body: .json(body), version: version)
  }

  /// 201 with the new resource and where it can be found.
  static func created(
    _ body: JSONValue, at location: String, version: String? = nil
  ) -> APIAnswer {
    APIAnswer(
      status: 201, headers: [("location", location)], body: .json(body), version: version)
  }

  /// 204: done, nothing to tell.
  static var noContent: APIAnswer { APIAnswer(status: 204) }

  /// 200 with one page of a list: `items`, and `next_cursor` with a `Link` where there is more.
  static func page(_ items: [JSONValue], next: String?, of request: APIRequest) -> APIAnswer {
    var answer = APIAnswer.ok(["items": .array(items), "next_cursor": .optional(next)])
    if let next {
      var query = request.query
      query["cursor"] = next
      let text = query.sorted { $0.key < $1.key }
        .map { "\($0.key)=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
      answer.headers.append(("link", "<\(request.path)?\(text)>; rel=\"next\""))
    }
    return answer
  }
}
