import JSON
import Testing

@testable import Alerts

struct SettingsTests {
  private typealias S = Samples

  @Test func `ten kinds are there, and say what they are`() throws {
    #expect(
      ChannelKinds.all.map(\.name) == [
        "email", "webhook", "slack", "discord", "telegram", "teams", "pagerduty", "ntfy",
        "alertmanager", "apprise",
      ])
    for kind in ChannelKinds.all {
      #expect(kind.summary.hasSuffix("."))
      #expect(Set(kind.settings.map(\.name)).count == kind.settings.count)
      #expect(kind.settings.allSatisfy { $0.help.hasSuffix(".") })
      #expect(kind.limits.burst >= 1 && kind.limits.messagesPerSecond > 0)
    }
    #expect(ChannelKinds.named("fax") == nil)
  }

  @Test func `the examples that settings give are taken`() throws {
    for kind in ChannelKinds.all {
      for setting in kind.settings {
        var object = JSONObject()
        object[setting.name] = setting.example
        var reader = ObjectReader(.object(object))
        #expect(setting.read(from: &reader) != nil, "\(kind.name) \(setting.name)")
        #expect(reader.errors.errors.isEmpty, "\(kind.name) \(setting.name)")
      }
    }
  }

  @Test(arguments: [
    ("slack", #"{}"#, "/settings/url: is required"),
    ("slack", #"{"url":null}"#, "/settings/url: is required"),
    ("slack", #"{"url":"http://hooks.slack.com/x"}"#, "/settings/url: must begin with https://"),
    ("slack", #"{"url":5}"#, "/settings/url: must be a string, not a number"),
    ("slack", #"{"url":"https://a/","uri":"x"}"#, "/settings/uri: is not a field of this object"),
    ("slack", #"[]"#, "/settings: must be an object, not an array"),
    (
      "slack", #"{"url":"https://u:p@a/"}"#, "/settings/url: must not carry a user name or password"
    ),
    ("slack", #"{"url":"https://a/#x"}"#, "/settings/url: must not have a fragment"),
    ("slack", #"{"url":"https://a:0/"}"#, "/settings/url: must have a port from 1 to 65535"),
    ("slack", #"{"url":"https://"}"#, "/settings/url: must name a host"),
    ("discord", #"{"url":"https://a/","thread_id":"x"}"#, "/settings/thread_id: must be a number"),
    (
      "webhook", #"{"url":"https://a/","secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwxx==xx"}"#,
      "/settings/secret: must be whsec_ and 24 to 64 bytes in base64 with padding"
    ),
    (
      "telegram", #"{"token":"123456789012345678901","chat_id":"1"}"#,
      "/settings/token: must be a bot's token: a number, : and a key"
    ),
    (
      "pagerduty", #"{"routing_key":"short"}"#,
      "/settings/routing_key: has 5 bytes; it must have from 32 to 32"
    ),
    (
      "ntfy", #"{"topic":"a/b"}"#, "/settings/topic: must be letters, digits, - and _"
    ),
    (
      "ntfy", #"{"topic":"a","token":"a\r\nX: y"}"#,
      "/settings/token: must be ASCII without spaces and control characters"
    ),
    (
      "alertmanager", #"{"url":"http://a","labels":["severity=x","incident=1"]}"#,
      "/settings/labels/1: must not give a label that is set already: incident"
    ),
    (
      "alertmanager", #"{"url":"http://a","labels":["1x=y"]}"#,
      "/settings/labels/0: must be name=value, the name of letters, digits and _"
    ),
    (
      "alertmanager", #"{"url":"http://a","username":"u"}"#,
      "/settings/password: is required, for a user name and a password go together"
    ),
    (
      "apprise", #"{"url":"http://a"}"#,
      "/settings/key: is required if there are no urls, and forbidden beside them"
    ),
    (
      "email", #"{"to":["a@b.org","x\r\ny"],"from":"a@b.org","host":"h"}"#,
      "/settings/to/1: must be a mail address, such as ops@example.org"
    ),
    ("email", #"{"to":[],"from":"a@b.org","host":"h"}"#, "/settings/to: must not be empty"),
    (
      "email", #"{"to":["a@b.org"],"from":"a@b.org","host":"mail.example.org","security":"none"}"#,
      "/settings/security: may be none only for a host such as localhost or 127.0.0.1"
    ),
    (
      "email", #"{"to":["a@b.org"],"from":"a@b.org","host":"127.example.org","security":"none"}"#,
      "/settings/security: may be none only for a host such as localhost or 127.0.0.1"
    ),
    (
      "email", #"{"to":["a@b.org"],"from":"a@b.org","host":"h","port":70000}"#,
      "/settings/port: is 70000; it must be from 1 to 65535"
    ),
    (
      "email", #"{"to":["a@b.org"],"from":"a@b.org","host":"h\r\nx"}"#,
      "/settings/host: must name a host by letters, digits, hyphens and dots, or by an IP address"
    ),
    (
      "email", #"{"to":["a@b.org"],"from":"a@b.org","host":"h","from_name":"a\nBcc: x"}"#,
      "/settings/from_name: must not contain line breaks or control characters"
    ),
  ])
  func `what is wrong is said in one sentence, by its place`(
    name: String, document: String, error: String
  ) throws {
    let kind = try #require(ChannelKinds.named(name))
    let thrown = try #require(
      throws: FieldErrors.self
    ) { try kind.read(JSONValue(parsing: document), at: "/settings") }
    #expect(thrown.description == error)
  }

  @Test func `what is open and what is sealed are kept apart`() throws {
    let settings = try S.settings(EmailChannel())
    #expect(settings.sealed == ["password": "correct horse"])
    #expect(settings.secretNames == ["password"])
    #expect(settings.open["password"] == nil)
    #expect(settings.open["security"] == "tls")
    let chat = try S.settings(TelegramChannel()).changing("chat_id", to: "-1009")
    #expect(chat.open["chat_id"] == "-1009" && chat.secretNames == ["token"])
  }

  @Test func `a change keeps the secrets that it does not name`() throws {
    let kind = NtfyChannel()
    let old = try S.settings(kind)
    let moved = try kind.read(["url": "https://ntfy.example.org"], keeping: old)
    #expect(moved.sealed == ["topic": "upblit-7Qh2", "token": "tk_hidden"])
    #expect(moved.open == ["url": "https://ntfy.example.org"])
    let without = try kind.read(["token": nil, "topic": "b"], keeping: old)
    #expect(without.sealed == ["topic": "b"])
    #expect(throws: FieldErrors.self) { try kind.read(["topic": nil], keeping: old) }
  }

  @Test func `nothing that is secret is printed`() throws {
    for kind in ChannelKinds.all {
      let settings = try S.settings(kind)
      let request = try kind.request(S.down, settings, S.delivery)
      var dumped = ""
      dump([settings], to: &dumped)
      dump([request], to: &dumped)
      let all = [
        "\(settings)", String(reflecting: settings), "\(request)", String(reflecting: request),
        dumped,
      ].joined()
      for secret in settings.secrets {
        #expect(!all.contains(secret), "\(kind.name)")
        #expect(!all.contains(secret.suffix(12)), "\(kind.name)")
      }
      #expect(!all.contains("hidden"))
    }
  }

  @Test func `nothing that is secret is said of a mistake`() throws {
    for kind in ChannelKinds.all {
      for setting in kind.settings where setting.isSecret {
        guard case .object(var document)? = S.documents[kind.name] else { continue }
        document[setting.name] = "sesame\nopen"
        do throws(FieldErrors) {
          _ = try kind.read(.object(document))
          Issue.record("\(kind.name) takes \(setting.name)")
        } catch {
          #expect(!"\(error)".contains("sesame"))
        }
      }
    }
  }
}
