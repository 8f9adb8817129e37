import Foundation
import JSON
import Model
import Quorum
import Testing

@testable import Alerts

/// Mails as another program reads them: Python's parser, in `read_mail.py`.
struct MailTests {
  private typealias S = Samples

  private struct Read {
    var headers: [String: String] = [:]
    var parts: [(type: String, text: String)] = []

    init(_ found: JSONValue) {
      for header in found["headers"]?.elements ?? [] {
        let name = header.elements[0].stringValue ?? ""
        #expect(headers[name] == nil, "\(name) occurs twice")
        headers[name] = header.elements[1].stringValue
      }
      parts = (found["parts"]?.elements ?? []).map {
        ($0.elements[0].stringValue ?? "", $0.elements[1].stringValue ?? "")
      }
      #expect(found["defects"] == [])
      #expect(found["bare"] == 0 && found["ascii"] == true)
      #expect((found["longest"]?.integerValue ?? 999) <= 78)
    }
  }

  /// Each mail as it is read, all of them by one run of the program.
  private func read(_ mails: [OutgoingMail]) throws -> [Read] {
    let program = Process()
    program.executableURL = URL(filePath: "/usr/bin/env")
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "read_mail.py")
    program.arguments = ["python3", script.path()]
    let (input, output) = (Pipe(), Pipe())
    program.standardInput = input
    program.standardOutput = output
    try program.run()
    for mail in mails {
      try input.fileHandleForWriting.write(
        contentsOf: Array("\(mail.bytes.count)\n".utf8) + mail.bytes)
    }
    try input.fileHandleForWriting.close()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    program.waitUntilExit()
    let found = try JSONValue(parsing: bytes).elements.map(Read.init)
    try #require(found.count == mails.count)
    return found
  }

  @Test func `a mail is read as it was meant`() throws {
    let read = try read([S.mail(S.down)])[0]
    #expect(
      read.headers == [
        "Date": "Sat, 22 Nov 2025 10:02:00 +0000", "From": "Upblit <upblit@example.org>",
        "To": "ops@example.org, boss@example.org", "Subject": "API is down: 2 of 3 regions fail",
        "Message-ID": "<00000000-0000-000a-0000-00000000000b@up.example.org>",
        "In-Reply-To": "<inc_00000000-0000-0001-0000-000000000002@up.example.org>",
        "References": "<inc_00000000-0000-0001-0000-000000000002@up.example.org>",
        "Auto-Submitted": "auto-generated", "Importance": "high", "MIME-Version": "1.0",
        "Content-Type":
          "multipart/alternative; boundary=\"upblit-00000000-0000-000a-0000-00000000000b\"",
      ])
    #expect(read.parts.map(\.type) == ["text/plain", "text/html"])
    #expect(read.parts[0].text.trimmingSuffix(while: \.isNewline) == S.down.text)
    #expect(read.parts[1].text.contains("<td><code>https://api.example.com/health</code></td>"))
    #expect(read.parts[1].text.contains("<a href=\"https://up.example.org/incidents/1\">"))
  }

  @Test func `whose mails go where is in the envelope, and the port follows the protection`() throws
  {
    let mail = try S.mail(S.down)
    #expect(mail.sender == "upblit@example.org")
    #expect(mail.recipients == ["ops@example.org", "boss@example.org"])
    #expect(mail.host == "smtp.example.org" && mail.port == 465 && mail.security == .tls)
    #expect(mail.credentials?.user == "upblit" && mail.credentials?.password == "correct horse")
    let later = try S.mail(S.down, ["security": "starttls"])
    #expect(later.port == 587 && later.security == .startTLS)
    let relay = try S.mail(
      S.down,
      ["security": "none", "host": "127.0.0.1", "username": .null, "password": .null, "port": 2525])
    #expect(relay.port == 2525 && relay.security == .none && relay.credentials == nil)
  }

  @Test func `all mails of an incident are one thread, and a list is in the threads of all`() throws
  {
    let headers = try read([S.down, S.up, S.digest(3)].map { try S.mail($0) }).map(\.headers)
    #expect(headers[0]["References"] == headers[1]["References"])
    #expect(headers[1]["Importance"] == nil)
    let references = try #require(headers[2]["References"])
    #expect(references.contains("<inc_00000000-0000-0001-0000-000000000002@up.example.org>"))
    #expect(references.split(separator: " ").count == 3 && headers[2]["In-Reply-To"] == nil)
  }

  @Test func `no name leaves its place`() throws {
    let messages = HostileTests.names.map { name in
      AlertMessage(AlertItem(S.notice(name: name, target: name, cause: name)), now: S.began)
    }
    let mails = try messages.map { message in
      try S.mail(
        message, ["from_name": .string(SafeText.line(message.lead.notice.monitorName, limit: 9))])
    }
    for (message, read) in zip(messages, try read(mails)) {
      #expect(read.headers.count == 11 && read.headers["Bcc"] == nil)
      #expect(read.headers["Subject"] == TextLimit(200, .characters).clip(message.title))
      #expect(read.parts[0].text.trimmingSuffix(while: \.isNewline) == message.text)
      let html = read.parts[1].text
      #expect(!html.contains("<script") && !html.contains("<img"))
      #expect(html.contains(TextPlace.html.escape(message.lead.notice.monitorName)))
    }
  }

  @Test(arguments: ["a\r\nBcc: x", "", "a b", "<a>"])
  func `what is no host name is none in a mail`(host: String) {
    #expect(Delivery(id: .zero, now: 0, host: host).host == "upblit.invalid")
  }

  @Test(arguments: [
    ("plain", "plain"), ("a=b", "a=3Db"), ("é", "=C3=A9"), ("end ", "end=20"), ("tab\t", "tab=09"),
    ("one\ntwo", "one\r\ntwo"), (".dot", ".dot"), ("", ""),
    (String(repeating: "x", count: 80), String(repeating: "x", count: 75) + "=\r\nxxxxx"),
    (
      String(repeating: "x", count: 74) + "é", String(repeating: "x", count: 74) + "=\r\n=C3=A9"
    ),
  ])
  func `quoted-printable`(text: String, encoded: String) {
    #expect(String(decoding: QuotedPrintable.encode(text), as: UTF8.self) == encoded)
  }

  @Test(arguments: [
    ("ops@example.org", true), ("a.b+c@sub.example.org", true), ("o'neil@example.org", true),
    ("ops", false), ("@example.org", false), ("ops@", false), ("a@b@c", false),
    ("a..b@example.org", false), (".a@example.org", false), ("a b@example.org", false),
    ("a\r\nRCPT TO:<x@y>@example.org", false), ("a@example.org>", false), ("<a@example.org", false),
    ("\"a\"@example.org", false), ("ü@example.org", false), ("a@exämple.org", false),
    ("a@[127.0.0.1]", false), ("a@::1", false), ("a@example..org", false),
    ("e\u{301}@a.org", false),
  ])
  func `addresses that cannot end a command are taken`(address: String, isTaken: Bool) {
    #expect((MailAddress.problem(address) == nil) == isTaken)
  }
}

extension String {
  /// Without its last characters that are such.
  fileprivate func trimmingSuffix(while isSuch: (Character) -> Bool) -> String {
    String(self[..<(lastIndex { !isSuch($0) }.map(index(after:)) ?? startIndex)])
  }
}
