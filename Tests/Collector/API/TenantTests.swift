import HTTPTypes
import JSON
import Model
import Postgres
import Store
import Testing

@testable import API

/// Whatever belongs to an organization is reached through it alone: every route is walked with the ids
/// of another organization's things, by a key and by a person who may do everything in their own.
struct TenantTests {
  @Test func `no route shows or changes what is another organization's`() async throws {
    try await TestAPI.with { api in
      let ours = try await Belongings(in: api)
      let strangers = [
        try api.key(organization: "stranger"), try await Self.person("stranger@example.org", api),
      ]
      let before = try await ours.state()
      for stranger in strangers {
        for route in APIServer.routes where Self.isWalked(route) {
          let path = ours.path(of: route)
          let answer = try await api.send(
            route.method.rawValue, path, key: stranger,
            body: route.takesBody ? Self.body(of: route) : nil)
          if route.path.names.isEmpty {
            #expect(!answer.text.contains("our-secret-shop"), "\(path)")
            // A verdict's is a small number.
            for id in ours.ids.values where id.utf8.count == 36 {
              #expect(!answer.text.contains(id), "\(path)")
            }
          } else if route.access == .person {
            // Of a person it is not there, or not theirs to touch; a key is no person.
            #expect([403, 404].contains(answer.status), "\(path): \(answer.text)")
          } else {
            expectProblem(answer, 404, "not-found")
          }
        }
      }
      for (name, id) in [
        ("monitor", ours.ids["monitors"]), ("incident", ours.ids["incidents"]),
        ("channel", ours.ids["channels"]),
      ] {
        for route in APIServer.routes
        where route.method == .get && route.operation.query.contains(where: { $0.name == name }) {
          let answer = try await api.send(
            "GET", "\(route.path)?\(name)=\(id ?? "")", key: strangers[0])
          #expect([404, 200].contains(answer.status), "\(route.path): \(answer.text)")
          #expect(!answer.text.contains("our-secret-shop"), "\(route.path)")
        }
      }
      #expect(try await ours.state() == before)
    }
  }

  @Test func `who is no member can't act in an organization, whatever they name`() async throws {
    try await TestAPI.with { api in
      let ours = try await Belongings(in: api)
      let stranger = try await Self.person("stranger@example.org", api)
      let header = ("Upblit-Organization", try #require(ours.ids["organizations"]))
      let before = try await ours.state()
      for route in APIServer.routes where route.isInOrganization && Self.isWalked(route) {
        let answer = try await api.send(
          route.method.rawValue, ours.path(of: route), key: stranger,
          body: route.takesBody ? Self.body(of: route) : nil, headers: [header])
        expectProblem(answer, 404, "not-found")
      }
      #expect(try await ours.state() == before)
    }
  }

  /// Whoever walked the others' sign-out would end their own session.
  private static func isWalked(_ route: Route) -> Bool {
    route.path.description.hasPrefix("/api/v1/")
      && !["logOut", "changePassword"].contains(route.operation.id)
      // Without end; it has a test of its own.
      && route.operation.answer.type != "text/event-stream"
  }

  private static func person(_ email: String, _ api: TestAPI) async throws -> String {
    try api.person(email, in: [("strangers", .owner)])
    return try await api.token(email)
  }

  private static func body(of route: Route) -> String {
    switch route.operation.id {
    case "createMonitor": #"{"name":"theirs","check":{"kind":"http","url":"http://a/"}}"#
    case "tryCheck": #"{"check":{"kind":"http","url":"http://a/"}}"#
    case "commentIncident", "createComment": #"{"text":"theirs"}"#
    case "changeMember": #"{"role":"viewer"}"#
    case "changeQuota": #"{"quota":{"monitors":1}}"#
    case "changePerson": #"{"disabled":true}"#
    default: route.operation.examples.first?.body.text ?? "{}"
    }
  }
}

/// One of everything that an organization can have.
private struct Belongings {
  let api: TestAPI
  let owner: String
  /// The id of one, by the name of its list.
  var ids: [String: String] = [:]

  init(in api: TestAPI) async throws {
    self.api = api
    let outage = try await Outage.store(in: api, organization: "acme", name: "our-secret-shop")
    try api.person("owner@example.org", in: [("acme", .owner)])
    owner = try await api.token("owner@example.org")
    ids = [
      "monitors": outage.monitor, "incidents": outage.incident, "verdicts": outage.verdict,
      "agents": outage.agent, "enrolment-tokens": outage.token,
    ]
    let account = try await api.send("GET", "/api/v1/account", key: owner)
    ids["members"] = account.json["id"]?.stringValue
    ids["people"] = ids["members"]
    ids["organizations"] = account.json["organizations"]?.elements.first?["id"]?.stringValue
    let sessions = try await api.send("GET", "/api/v1/sessions", key: owner)
    ids["sessions"] = sessions.json["items"]?.elements.first?["id"]?.stringValue
    for (list, body) in [
      ("api-keys", #"{"name":"ours","scopes":["monitors:read"]}"#),
      ("invitations", #"{"role":"viewer"}"#),
      ("checks", #"{"check":{"kind":"http","url":"http://our-secret-shop/"}}"#),
      ("channels", #"{"name":"ours","kind":"ntfy","settings":{"topic":"our-secret-shop"}}"#),
      ("routes", #"{"name":"ours","channels":[]}"#),
      (
        "maintenance",
        """
        {"title":"ours","starts_at":"\(Timestamp.now().adding(milliseconds: 86_400_000))",
        "duration_s":60,"all_monitors":true}
        """
      ),
    ] {
      let made = try await api.send("POST", "/api/v1/\(list)", key: owner, body: body)
      #expect(made.status == 201, "\(list): \(made.text)")
      ids[list] = made.json["id"]?.stringValue
    }
  }

  /// A route's path with the id of ours that it is about.
  func path(of route: Route) -> String {
    let text = route.path.description
    let list = text.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
    return text.split(separator: "{id}", omittingEmptySubsequences: false)
      .joined(separator: ids[list] ?? "00000000-0000-0000-0000-000000000001")
  }

  /// All of it, as its owner sees it.
  func state() async throws -> [String] {
    var texts: [String] = []
    for list in [
      "monitors", "incidents", "agents", "enrolment-tokens", "members", "organizations",
      "api-keys", "invitations", "maintenance", "checks", "channels", "routes",
    ] {
      let answer = try await api.send(
        "GET", "/api/v1/\(list)/\(try #require(ids[list]))", key: owner)
      #expect(answer.status == 200, "\(list): \(answer.text)")
      texts.append(answer.text)
    }
    return texts
  }
}
