import Glibc
import JSON
import Postgres
import TestSupport

/// A whole Upblit of real processes: Postgres, a collector behind a relay, agents.
final class Network {
  let folder: String
  let cluster: TestCluster
  let database: TestDatabase
  let target: ProbeTarget
  private(set) var relay: Relay
  let ingressPort: UInt16
  let apiPort: UInt16
  private var key = ""
  private(set) var collector: Program?
  private var agents: [String: Program] = [:]

  /// Starts everything but agents. The cluster is durable: it will be killed.
  ///
  /// - Parameters:
  ///   - canaries: the collector's setting; on loopback, if any.
  ///   - settings: further lines of its configuration.
  init(canaries: String = "off", settings: String = "") throws {
    var template = Array("/tmp/upblit-network-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Trouble("cannot make a folder in /tmp") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    cluster = try TestCluster(isDurable: true)
    database = try TestDatabase.make(on: cluster)
    target = try ProbeTarget()
    (ingressPort, apiPort) = (try Self.freePort(), try Self.freePort())
    relay = try Relay(to: ingressPort)
    try writeText(
      String(repeating: "0123456789abcdef", count: 4) + "\n", to: "\(folder)/master.key")
    try writeText(
      """
      database = "\(database.conninfo)"
      key_file = \(folder)/master.key
      ingress_listen = 127.0.0.1:\(ingressPort)
      http_listen = 127.0.0.1:\(apiPort)
      canaries = \(canaries)
      \(settings)

      """, to: "\(folder)/collector.conf")
    try run(
      "upblit-collector", ["migrate", "--config", "\(folder)/collector.conf"], log: "migrate")
    let told = try run(
      "upblit-collector", ["create-admin", "--config", "\(folder)/collector.conf"], log: "admin")
    guard
      let key = told.split(whereSeparator: \.isWhitespace).first(where: { $0.hasPrefix("upb_key_") }
      )
    else { throw Trouble("create-admin printed no key: \(told)") }
    self.key = String(key)
    try startCollector()
  }

  /// Ends all of it and removes the folder.
  func end() {
    for agent in agents.values { agent.stop() }
    collector?.stop()
    relay.stop()
    target.stop()
    try? cluster.stop()
    _ = try? Shell.remove(folder)
  }

  private static func freePort() throws -> UInt16 {
    let socket = try Socket.listening()
    defer { socket.close() }
    return socket.port
  }

  var api: HTTPClient { HTTPClient(port: apiPort, key: key) }

  /// Runs a program to its end: its output. Throws unless it says that all went well.
  @discardableResult
  private func run(
    _ name: String, _ arguments: [String], log: String, environment: [String: String] = [:]
  ) throws -> String {
    let program = try Program(
      name, arguments, log: "\(folder)/\(log).log", environment: environment)
    let status = program.wait()
    guard status == 0 else { throw Trouble("\(name) \(arguments): \(status) \(program.output)") }
    return program.output
  }

  // MARK: - The collector

  func startCollector() throws {
    collector = try Program(
      "upblit-collector", ["serve", "--config", "\(folder)/collector.conf"],
      log: "\(folder)/collector.log")
    guard eventually(within: 60, { api.isReady }) else {
      throw Trouble("the collector does not become ready: \(collector?.output.suffix(2000) ?? "")")
    }
  }

  func killCollector() {
    collector?.killAtOnce()
    collector = nil
  }

  // MARK: - Postgres

  /// Kills the server as the kernel would, and waits until its processes are gone.
  func killPostgres() throws {
    let lines = try readText("\(cluster.folder)/data/postmaster.pid").split(separator: "\n")
    guard let pid = lines.first.flatMap({ pid_t($0) }) else { throw Trouble("no postmaster.pid") }
    kill(pid, SIGKILL)
    guard eventually(within: 30, { kill(pid, 0) != 0 }) else { throw Trouble("Postgres lives") }
  }

  /// Starts the server that was killed; it recovers what was committed.
  func startPostgres() throws {
    // the dead server's last children may still hold its memory for a moment
    guard eventually(within: 30, { (try? cluster.start()) != nil }) else {
      throw Trouble("Postgres does not start again")
    }
  }

  // MARK: - Agents

  /// Enrols an agent by a token and starts it. `settings` are further lines of its configuration.
  func addAgent(
    _ name: String, region: String, provider: String, settings: String = ""
  ) throws {
    let state = "\(folder)/\(name)"
    try writeText(
      """
      state_folder = \(state)
      allow_loopback_targets = true
      \(settings)

      """, to: "\(state).conf")
    let token = try api.call(
      "POST", "/enrolment-tokens",
      [
        "name": .string(name), "region": .string(region), "provider": .string(provider),
      ])
    guard let text = token["token"]?.stringValue else { throw Trouble("no token: \(token.text)") }
    try writeText(text, to: "\(state).token")
    try run(
      "upblit-agent",
      [
        "enroll", "--config", "\(state).conf", "--collector", "tls://127.0.0.1:\(relay.port)",
        "--token-file", "\(state).token",
      ], log: "\(name).enroll")
    try startAgent(name)
  }

  func startAgent(_ name: String) throws {
    agents[name] = try Program(
      "upblit-agent", ["run", "--config", "\(folder)/\(name).conf"], log: "\(folder)/\(name).log")
  }

  func killAgent(_ name: String) { agents.removeValue(forKey: name)?.killAtOnce() }

  /// Asks an agent to end: its exit status.
  func stopAgent(_ name: String) -> Int32? { agents.removeValue(forKey: name)?.stop() }

  /// The identifier of an agent, as targets see it.
  func agentID(_ name: String) throws -> String {
    try database.connect().query("SELECT id::text FROM agent WHERE name = $1", name)
      .first?.get(0) ?? ""
  }

  // MARK: - Monitors

  /// Makes a monitor of a path of the target.
  func addMonitor(
    _ name: String, path: String, intervalSeconds: Int64 = 5, timeoutMs: Int64 = 3000
  ) throws {
    try api.call(
      "POST", "/monitors",
      [
        "name": .string(name), "interval_s": .integer(intervalSeconds),
        "timeout_ms": .integer(timeoutMs),
        "check": ["kind": "http", "url": .string("http://127.0.0.1:\(target.port)\(path)")],
      ])
  }

  /// Has every region try a path of the target: `REGION OUTCOME` of each.
  func tries(_ path: String) throws -> [String] {
    let asked = try api.call(
      "POST", "/checks",
      ["check": ["kind": "http", "url": .string("http://127.0.0.1:\(target.port)\(path)")]])
    var told = asked
    _ = try eventually(within: 20) {
      told = try api.call("GET", "/checks/\(asked["id"]?.stringValue ?? "")")
      return told["state"] == "done"
    }
    return told["regions"]?.elements.map { region in
      [region["region"], region["outcome"]].map { $0?.stringValue ?? "?" }.joined(separator: " ")
    } ?? []
  }
}

/// What is simplest said to a shell.
enum Shell {
  static func remove(_ folder: String) throws {
    guard folder.hasPrefix("/tmp/upblit-") else { throw Trouble("will not remove \(folder)") }
    _ = system("rm -rf '\(folder)'")
  }
}
