import Pages
import Store
import TestSupport
import Testing

@testable import PageServing

/// Pages and loads that tests of this folder share.
enum PageSamples {
  static let owner = OrganizationID(rawValue: 1)

  static func page(_ name: String = "Acme", incidents: [PageIncident] = []) -> StatusPage {
    StatusPage(
      id: "p", name: name,
      address: PageAddress(origin: "https://status.test", path: "/status/acme"),
      now: 1_796_071_440_000, incidents: incidents)
  }

  static func loaded(_ name: String = "Acme", readAt: Int64 = 0) -> LoadedPage {
    LoadedPage(kept: KeptPage(page(name)), responses: .init(times: [:], readAt: readAt))
  }
}

/// Something that did not come about in a minute.
struct NeverCame: Error {
  var what: String
}

/// Waits until `body` returns something, for a minute.
func eventually<Value>(
  _ what: String, _ body: () async throws -> Value?
) async throws -> Value {
  let deadline = ContinuousClock.now.advanced(by: .seconds(60))
  while ContinuousClock.now < deadline {
    if let value = try await body() { return value }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw NeverCame(what: what)
}
