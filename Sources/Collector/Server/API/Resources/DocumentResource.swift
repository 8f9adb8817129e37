import JSON

/// `/api/v1/openapi.json` and `/docs`: the API's own description, for programs and for people.
enum DocumentResource {
  static let routes: [Route] = [
    .get("/openapi.json", .anyone, operation("getDocument")) { _, _ in document },
    .get("/api/v1/openapi.json", .anyone, operation("getDocumentOfVersion")) { _, _ in document },
    .get(
      "/docs", .anyone,
      Operation(
        "getDocumentation", .service, "This page",
        answer: Operation.Answer(
          status: 200, description: "The document as a page.", body: .text, type: "text/html",
          headers: [.etag]))
    ) { _, _ in
      let page = DocumentationPage.whole
      return APIAnswer(
        status: 200,
        headers: [
          ("content-security-policy", page.policy), ("referrer-policy", "no-referrer"),
        ], body: .kept(page.content))
    },
  ]

  private static func operation(_ id: String) -> Operation {
    Operation(
      id, .service, "The API's own description", "OpenAPI 3.1.",
      answer: .tagged(.dictionary(of: .anything), "The document."))
  }

  private static var document: APIAnswer {
    APIAnswer(status: 200, body: .kept(OpenAPIDocument.content))
  }
}
