import JSON
import Postgres
import Quorum
import Testing

@testable import Store

@Suite struct `A policy's document` {
  @Test(arguments: [
    #"{"kind":"majority","up_cap":1,"min_domains":2}"#,
    #"{"kind":"weighted","weights":{"eu":3,"us":0}}"#,
    #"{"kind":"any","must_fail":["us","eu"],"ignore":["cn"]}"#,
    #"{"kind":"n_of_m","n":2,"severity":{"degraded":"notify","regional":"none"}}"#,
  ])
  func `is read and written without loss, and is the engine's own form`(_ text: String) throws {
    let policy = try PolicyDocument.decode(text)
    #expect(PolicyDocument.json(policy) == (try JSONValue(parsing: text)))
    let own = try StoredVerdict.json(policy).text
    #expect(try PolicyDocument.decode(own) == policy)
  }

  @Test(arguments: [
    (#"{"kind":"weighted"}"#, "/weights"),
    (#"{"kind":"weighted","weights":[1]}"#, "/weights"),
    (#"{"kind":"weighted","weights":{"eu":-1}}"#, "/weights/eu"),
    (#"{"kind":"weighted","weights":{"eu":1001}}"#, "/weights/eu"),
    (#"{"kind":"weighted","weights":{"eu":"3"}}"#, "/weights/eu"),
    (#"{"kind":"all","weights":{"eu":1}}"#, "/weights"),
    (#"{"kind":"all","must_fail":"eu"}"#, "/must_fail"),
    (#"{"kind":"all","ignore":[1]}"#, "/ignore/0"),
    (#"{"kind":"all","severity":{"down":"admins"}}"#, "/severity/down"),
    (#"{"kind":"all","severity":{"unknown":"page"}}"#, "/severity/unknown"),
    (#"{"kind":"all","severity":"page"}"#, "/severity"),
  ])
  func `is refused where it is wrong, with the place`(_ text: String, _ pointer: String) {
    let errors = #expect(throws: FieldErrors.self) { try PolicyDocument.decode(text) }
    #expect(errors?.errors.map(\.pointer) == [pointer])
  }

  @Test(arguments: [
    (#"{"kind":"weighted","weights":{"eu":0,"us":0}}"#, "/policy/weights"),
    (#"{"kind":"weighted","weights":{"cn":1}}"#, "/policy/weights/cn"),
    (#"{"kind":"majority","must_fail":["eu","cn"]}"#, "/policy/must_fail/1"),
    (#"{"kind":"majority","ignore":["eu","us"]}"#, "/policy/ignore"),
    (#"{"kind":"n_of_m","n":2,"ignore":["eu"]}"#, "/policy/n"),
  ])
  func `that the monitor's regions can never satisfy is refused when it is saved`(
    _ policy: String, _ pointer: String
  ) throws {
    let text =
      #"{"name":"a","check":{"kind":"http","url":"http://a/"},"regions":["eu","us"],"policy":"#
      + policy + "}"
    var reader = ObjectReader(try JSONValue(parsing: text))
    #expect(MonitorDraft.read(&reader) == nil)
    #expect(reader.errors.errors.map(\.pointer) == [pointer])
    #expect(reader.errors.errors.allSatisfy { !$0.detail.isEmpty })
  }
}
