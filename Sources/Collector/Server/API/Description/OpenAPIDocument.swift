import HTTPTypes
import JSON
import Store

/// The API's own description, made from its routes: OpenAPI 3.1.
struct OpenAPIDocument: Sendable {
  /// The document of everything that this collector serves.
  static let whole = OpenAPIDocument(routes: APIServer.routes)
  /// The same as it is served.
  static let content = KeptContent(whole.json.bytes, type: "application/json")

  let json: JSONValue

  init(routes: [Route]) {
    var components = Problem.schema.components
    var paths = JSONObject()
    for route in routes {
      var operations = JSONObject()
      if case .object(let present)? = paths[route.path.description] { operations = present }
      let entry = OperationEntry(route: route, among: routes)
      operations[route.method.rawValue.lowercased()] = entry.json
      paths[route.path.description] = .object(operations)
      components.merge(entry.components) { first, _ in first }
    }
    var schemas = JSONObject()
    for (name, schema) in components.sorted(by: { $0.key < $1.key }) { schemas[name] = schema }
    json = [
      "openapi": "3.1.0", "info": Self.info, "servers": [["url": "/"]],
      "tags": .array(Operation.Tag.allCases.map { ["name": .string($0.rawValue)] }),
      "paths": .object(paths),
      "components": [
        "schemas": .object(schemas), "responses": .object(Self.refusals),
        "headers": .object(Self.headers), "securitySchemes": Self.credentials,
      ],
    ]
  }

  private static let info: JSONValue = [
    "title": "Upblit", "version": "1",
    "summary": "An uptime monitor that takes a quorum of regions before it says down.",
    "license": ["name": "Apache License 2.0", "identifier": "Apache-2.0"],
    "description": """
    Send `Authorization: Bearer ...` with an API key (`upb_key_...`) or the access token of a person who \
    signed in. Bodies are JSON; members that are not known, written \
    twice, or not the caller's to set are refused with their JSON Pointer, and so is U+0000 in any \
    text. Texts are bounded in bytes of UTF-8, times are RFC 3339, durations carry their unit (`_s`, \
    `_ms`, `_us`). Lists answer `items` and `next_cursor`. Answers may get further members with later \
    releases. Whatever is another organization's is answered like what does not exist.

    Well-formed values can still be refused with 422 where they do not go together, and with 400 in a \
    query: the answer names the member, and says what to do.
    """,
  ]

  private static let credentials: JSONValue = [
    "key": [
      "type": "http", "scheme": "bearer",
      "description": .string(
        "An API key, `upb_key_...`. Its scopes say what it may do: "
          + Scope.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + "."),
    ],
    "session": [
      "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
      "description": "The access token of a person who signed in (`POST /api/v1/login`).",
    ],
    "cookie": [
      "type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name),
      "description": "A browser's session. What changes something must come from the same site.",
    ],
  ]

  private static var headers: JSONObject {
    var headers = JSONObject()
    for header in Header.allCases {
      headers[header.rawValue] = [
        "description": .string(header.description), "schema": .object(header.schema.json),
      ]
    }
    return headers
  }

  /// The refusals by status: one status may stand for several kinds of problem.
  private static var refusals: JSONObject {
    var responses = JSONObject()
    for status in Set(Problem.Kind.allCases.map(\.status)).sorted() {
      let kinds = Problem.Kind.allCases.filter { $0.status == status }
      var headers: [Header] = [.requestID]
      if status == 401 { headers.append(.challenge) }
      if status == 405 { headers.append(.allow) }
      if status == 429 || status == 503 { headers.append(.retryAfter) }
      var examples = JSONObject()
      for kind in kinds { examples[kind.rawValue] = ["value": Problem.example(of: kind)] }
      responses["Problem\(status)"] = [
        "description": .string(kinds.map(\.title).joined(separator: "; or: ") + "."),
        "headers": .object(references(headers)),
        "content": [
          "application/problem+json": [
            "schema": .object(Problem.schema.json), "examples": .object(examples),
          ]
        ],
      ]
    }
    return responses
  }

  static func references(_ headers: [Header]) -> JSONObject {
    var object = JSONObject()
    for header in headers {
      object[header.rawValue] = ["$ref": .string("#/components/headers/\(header.rawValue)")]
    }
    return object
  }
}

extension Problem {
  /// The form of every refusal (RFC 9457).
  static let schema: Schema = Schema.told([
    "type": .words(Kind.allCases.map(\.urn)), "title": .text, "status": .integer(400...599),
    "detail": Schema.text.described("What is wrong, and what to do."),
    "instance": .text, "request_id": .text,
  ]).including(
    required: [],
    [
      "errors": Schema.array(of: .told(["pointer": .text, "detail": .text])).described(
        "The members of the body that are wrong (RFC 6901).")
    ]
  ).named("Problem")

  static func example(of kind: Kind) -> JSONValue {
    Problem(kind, "Why this request was refused, and what to do.").json(
      requestID: "0123456789abcdef")
  }
}
