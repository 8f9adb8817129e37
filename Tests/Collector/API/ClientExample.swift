import JSON
import UpblitClient

/// The example that the client's README names: makes a monitor where there is none of its name, and
/// tells what is down.
enum ClientExample {
  /// One line a monitor that is not up.
  static func report(server: String, key: String) async throws(APIError) -> [String] {
    let client = try APIClient(
      ClientConfiguration(server: try ServerAddress(server), credential: Credential(key)))

    var names: Set<String> = []
    var lines: [String] = []
    var monitors = client.monitors.list().makeAsyncIterator()
    while let monitor = try await monitors.next() {
      names.insert(monitor.name)
      if monitor.state != "up" { lines.append("\(monitor.name) is \(monitor.state)") }
    }

    if !names.contains("shop") {
      let shop = try await client.monitors.create([
        "name": "shop", "check": ["kind": "http", "url": "https://shop.example.org/"],
        "interval_s": 30,
      ])
      lines.append("\(shop.name) is new")
    }
    return lines
  }

  /// Doubles a monitor's interval, and begins anew where somebody else changes it meanwhile.
  static func calmDown(_ id: String, _ client: APIClient) async throws(APIError) -> Monitor {
    while true {
      let (monitor, etag) = try await client.monitors.tagged(id)
      do throws(APIError) {
        return try await client.monitors.change(
          id, ["interval_s": .integer((monitor.intervalSeconds ?? 60) * 2)], ifMatch: etag)
      } catch {
        guard case .problem(let problem) = error, problem.status == 412 else { throw error }
      }
    }
  }
}
