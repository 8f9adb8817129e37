import Alerts
import Foundation
import JSON
import Model
import Testing

@testable import Sending

/// Mails to a server that speaks SMTP with TLS, as its own program.
@Suite struct `A mail that is sent` {
  /// `take_mail.py` at work.
  private final class MailServer {
    let folder: URL
    private let program = Process()
    private let input = Pipe()
    private let output = Pipe()
    private(set) var port: Int64 = 0
    private var rest: [UInt8] = []

    init(_ mode: String, answering code: Int, quirks: [String] = []) throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "mail-\(UUID())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "take_mail.py")
      program.executableURL = URL(filePath: "/usr/bin/env")
      program.arguments = ["python3", script.path(), mode, String(code), folder.path()] + quirks
      program.standardInput = input
      program.standardOutput = output
      try program.run()
      port = try #require(try line()["port"]?.integerValue)
    }

    /// What it prints next; waits for it.
    func line() throws -> JSONValue {
      while true {
        if let end = rest.firstIndex(of: 0x0a) {
          let line = Array(rest[..<end])
          rest.removeFirst(end + 1)
          return try JSONValue(parsing: line)
        }
        let more = output.fileHandleForReading.availableData
        if more.isEmpty { throw CocoaError(.fileReadUnknown) }
        rest += more
      }
    }

    /// Ends it; what it printed and nobody read.
    func end() -> [UInt8] {
      try? input.fileHandleForWriting.close()
      program.waitUntilExit()
      rest += output.fileHandleForReading.availableData
      try? FileManager.default.removeItem(at: folder)
      return rest
    }
  }

  private func send(
    to server: MailServer, security: String, isTrusted: Bool = true
  ) throws -> (attempt: Attempt, outcome: DeliveryOutcome) {
    let kind = EmailChannel()
    let settings = try kind.read([
      "to": ["ops@example.org", "boss@example.org"], "from": "upblit@example.org",
      "host": "localhost", "port": .integer(server.port), "security": .string(security),
      "username": "upblit", "password": "s3cret-word",
    ])
    var configuration = Sender.Configuration(
      receivers: ReceiverGuard(allowsPrivate: true), host: "upblit.test",
      authorities: isTrusted ? server.folder.appending(path: "certificate.pem").path() : nil)
    configuration.replySeconds = 2
    let now: Int64 = 1_000_000_000_000
    let request = try kind.request(
      TestMessages.pair(id: .random(), link: nil, now: now).down, settings,
      Delivery(id: .random(), now: now, host: "upblit.test"))
    let attempt = try Sender(configuration).send(request)
    return (attempt, kind.outcome(of: attempt.answer, settings: settings, now: now))
  }

  @Test func `that a server took is taken, though it says no goodbye`() throws {
    let server = try MailServer("tls", answering: 250, quirks: ["silent-goodbye"])
    let start = ContinuousClock.now
    let outcome = try send(to: server, security: "tls").outcome
    #expect(outcome == .delivered)
    // Without a limit of ours it is waited for two minutes.
    #expect(start.duration(to: .now) < .seconds(60))
    #expect(try server.line()["data"] != nil)
    _ = server.end()
  }

  @Test func `that is for somebody who is gone goes to the others, and says so`() throws {
    let server = try MailServer("tls", answering: 250, quirks: ["boss@example.org"])
    let outcome = try send(to: server, security: "tls").outcome
    #expect(
      outcome == .deliveredInPart("5.1.1 TO:<boss@example.org> is nobody here"), "\(outcome)")
    #expect(outcome.isDelivered)
    #expect(try server.line()["to"] == ["TO:<ops@example.org>"])
    _ = server.end()
    let nobody = try MailServer(
      "tls", answering: 250, quirks: ["boss@example.org", "ops@example.org"])
    let refused = try send(to: nobody, security: "tls").outcome
    guard case .refused(let words, disables: false) = refused else {
      Issue.record("\(refused)")
      return
    }
    #expect(words.contains("nobody here"), "\(words)")
    _ = nobody.end()
  }

  @Test(arguments: ["tls", "starttls"])
  func `is taken over TLS, from whom it may come, whole`(security: String) throws {
    let server = try MailServer(security, answering: 250)
    let (attempt, outcome) = try send(to: server, security: security)
    #expect(outcome == .delivered && attempt.isAnswered)
    let mail = try server.line()
    #expect(mail["secured"] == true)
    #expect(mail["auth"] == "PLAIN AHVwYmxpdABzM2NyZXQtd29yZA==")
    #expect(mail["from"]?.stringValue?.hasPrefix("FROM:<upblit@example.org>") == true)
    #expect(mail["to"] == ["TO:<ops@example.org>", "TO:<boss@example.org>"])
    let data = try #require(mail["data"]?.stringValue)
    #expect(data.contains("Subject: ") && data.contains("Message-ID: "))
    #expect(data.hasSuffix("--\r\n"))
    #expect(server.end().isEmpty)
  }

  @Test(
    arguments: [
      (451, "retry code 451: 2.0.0 that is my answer"),
      (554, "refused code 554: 2.0.0 that is my answer"),
    ])
  func `is as its server answers`(code: Int, expected: String) throws {
    let server = try MailServer("tls", answering: code)
    let (attempt, outcome) = try send(to: server, security: "tls")
    #expect(attempt.isAnswered && !attempt.mayHaveArrived)
    switch outcome {
    case .retry(let words, nil): #expect("retry \(words)" == expected)
    case .refused(let words, false): #expect("refused \(words)" == expected)
    default: Issue.record("\(outcome)")
    }
    _ = server.end()
  }

  @Test(arguments: [
    ("bare", "starttls", true), ("tls", "tls", false), ("starttls", "starttls", false),
  ])
  func `is not sent where TLS is not to be had, or not believed`(
    mode: String, security: String, isTrusted: Bool
  ) throws {
    let server = try MailServer(mode, answering: 250)
    let (attempt, _) = try send(to: server, security: security, isTrusted: isTrusted)
    #expect(!attempt.isAnswered)
    #expect(server.end().isEmpty)
  }
}
