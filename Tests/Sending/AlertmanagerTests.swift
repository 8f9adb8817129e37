import Alerts
import Foundation
import JSON
import Model
import TestSupport
import Testing

@testable import Sending

/// Alerts to Debian's Alertmanager.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: Alertmanager.path)))
struct `An alert to Alertmanager` {
  @Test func `stands under one name until it is over`() throws {
    let server = try Alertmanager()
    defer { server.stop() }
    let kind = AlertmanagerChannel()
    let settings = try kind.read(["url": .string(server.address), "labels": ["team=shop"]])
    let configuration = Sender.Configuration(
      receivers: ReceiverGuard(allowsPrivate: true), host: "upblit.test")
    let sender = try Sender(configuration)
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let pair = TestMessages.pair(id: .random(), link: "https://upblit.test/", now: now)
    func send(_ message: AlertMessage) throws {
      let delivery = Delivery(id: .random(), now: now, host: "upblit.test")
      let attempt = sender.send(try kind.request(message, settings, delivery))
      let outcome = kind.outcome(of: attempt.answer, settings: settings, now: now)
      #expect(outcome == .delivered)
    }
    try send(pair.down)
    let first = try server.alerts()
    #expect(first.count == 1)
    #expect(first[0]["labels"]?["team"] == "shop")
    #expect(first[0]["labels"]?["incident"]?.stringValue == pair.down.key.text)
    #expect(first[0]["annotations"]?["summary"] == "[test] Example is down: 2 of 3 regions fail")
    // Said again, it is the same one.
    try send(pair.down)
    #expect(try server.alerts().map { $0["fingerprint"] } == first.map { $0["fingerprint"] })
    try send(pair.recovery)
    #expect(try server.alerts() == [])
  }
}

/// Debian's Alertmanager at work on a free port.
private final class Alertmanager {
  static let path = "/usr/bin/prometheus-alertmanager"

  let address: String
  private let program = Process()
  private let folder = FileManager.default.temporaryDirectory.appending(path: "am-\(UUID())")

  init() throws {
    // A port that was free a moment ago.
    let probe = try ScriptedServer(ScriptedServer.Answer())
    probe.stop()
    address = "http://127.0.0.1:\(probe.port)"
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let settings = folder.appending(path: "settings.yml")
    try Data("route: {receiver: none}\nreceivers: [{name: none}]\n".utf8).write(to: settings)
    program.executableURL = URL(filePath: Self.path)
    program.arguments = [
      "--config.file=\(settings.path())", "--storage.path=\(folder.path())",
      "--web.listen-address=127.0.0.1:\(probe.port)", "--cluster.listen-address=",
      "--log.level=error",
    ]
    program.standardError = FileHandle.nullDevice
    try program.run()
    let deadline = ContinuousClock.now.advanced(by: .seconds(30))
    while (try? alerts()) == nil {
      guard ContinuousClock.now < deadline, program.isRunning else {
        throw CocoaError(.fileReadUnknown)
      }
      usleep(20_000)
    }
  }

  /// Those that stand.
  func alerts() throws -> [JSONValue] {
    let curl = Process()
    let output = Pipe()
    curl.executableURL = URL(filePath: "/usr/bin/curl")
    curl.arguments = ["-sf", "\(address)/api/v2/alerts"]
    curl.standardOutput = output
    try curl.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    curl.waitUntilExit()
    return try JSONValue(parsing: Array(bytes)).elements
  }

  func stop() {
    program.terminate()
    program.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }
}
