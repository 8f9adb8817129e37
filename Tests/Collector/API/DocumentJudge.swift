import JSON

@testable import API

/// Holds what the API takes and answers against its document.
struct DocumentJudge {
  static let shared = DocumentJudge(document: OpenAPIDocument.whole.json)

  let document: JSONValue

  /// What an exchange shows that the document does not tell, or tells otherwise.
  func problems(
    _ method: String, _ target: String, body: String?, answer: RawHTTP.Answer
  ) -> [String] {
    let path = target.prefix { $0 != "?" }
    guard let template = template(of: String(path)) else {
      return answer.status == 404 || answer.status == 400
        ? problem(answer) : ["\(path) is not in the document"]
    }
    if method == "OPTIONS" { return [] }
    let name = method == "HEAD" ? "get" : method.lowercased()
    guard let operation = document["paths"]?[template]?[name] else {
      return answer.status == 405 ? problem(answer) : ["\(method) \(template) is not told"]
    }
    guard var response = operation["responses"]?[String(answer.status)] else {
      return ["\(method) \(template) does not tell of \(answer.status): \(answer.text)"]
    }
    let judge = JSONSchemaJudge(document: document)
    if let reference = response["$ref"] { response = judge.resolve(reference) }
    var found = headers(answer, response)
    if 200...299 ~= answer.status { found += taken(body, operation) }
    guard method != "HEAD", case .object(let content)? = response["content"] else {
      return found + (answer.body.isEmpty || method == "HEAD" ? [] : ["has a body"])
    }
    let type = String((answer.headers["content-type"] ?? "").prefix { $0 != ";" })
    guard let schema = content[type]?["schema"] else { return found + ["is \(type)"] }
    guard type.hasSuffix("/json") || type.hasSuffix("+json"),
      answer.headers["content-encoding"] == nil
    else { return found }
    return found + judge.problems(answer.json, schema)
  }

  /// A body that was taken must be one that the document tells of.
  private func taken(_ body: String?, _ operation: JSONValue) -> [String] {
    guard let body, let value = try? JSONValue(parsing: body),
      let schema = operation["requestBody"]?["content"]?["application/json"]?["schema"]
    else { return [] }
    return JSONSchemaJudge(document: document).problems(value, schema).map {
      "a body was taken though \($0)"
    }
  }

  /// Headers that an answer must, or must not, have.
  private func headers(_ answer: RawHTTP.Answer, _ response: JSONValue) -> [String] {
    guard case .object(let told)? = response["headers"] else { return [] }
    var found: [String] = []
    let optional: Set<String> = ["Link", "Retry-After"]
    for header in told.members
    where answer.headers[header.name.lowercased()] == nil && !optional.contains(header.name) {
      found.append("lacks the header \(header.name)")
    }
    for name in ["ETag", "Link", "Location"]
    where told[name] == nil && answer.headers[name.lowercased()] != nil {
      found.append("has the header \(name)")
    }
    return found
  }

  private func problem(_ answer: RawHTTP.Answer) -> [String] {
    JSONSchemaJudge(document: document).problems(
      answer.json, ["$ref": "#/components/schemas/Problem"])
  }

  /// The path of the document that a request's path fits.
  private func template(of path: String) -> String? {
    guard case .object(let paths)? = document["paths"] else { return nil }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    // A path that is written out comes before one with parameters (OpenAPI 3.1, "Paths Object").
    return paths.members.map(\.name).filter { template in
      let wanted = template.split(separator: "/", omittingEmptySubsequences: false)
      return wanted.count == parts.count
        && zip(wanted, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }.min { $0.count { $0 == "{" } < $1.count { $0 == "{" } }
  }
}
