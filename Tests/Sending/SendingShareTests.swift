import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import Sending

@Suite struct `An organization whose receivers hang` {
  @Test func `holds up no other`() throws {
    let scene = try SendingScene()
    let other = OrganizationID(rawValue: try scene.database.addOrganization("other"))
    let gate = Gate()
    let hanging = try ScriptedServer { _ in
      gate.pass()
      return ScriptedServer.Answer()
    }
    let quick = try ScriptedServer(ScriptedServer.Answer())
    defer {
      hanging.stop()
      quick.stop()
    }
    for index in 0..<8 { try scene.hook("h\(index)", hanging) }
    try scene.hook("quick", quick, of: other)
    for organization in [scene.organization, other] {
      _ = try scene.database.addMonitor(organization: organization.rawValue)
    }
    try scene.notices("began", 1)
    var settings = scene.settings(workers: 4)
    settings.sender.timeoutMs = 600_000
    settings.pace.leaseSeconds = 900
    let crew = try SendingCrew(scene.database.address, settings) { notice in
      if case .trouble(let error) = notice { Issue.record(error) }
    }
    defer {
      gate.admit(.max)
      crew.stop()
    }
    try scene.wait("half of the workers are held") { gate.held == 2 }
    try scene.notices("began", 1, of: other)
    try scene.wait("the other is told") { try scene.states()["delivered"] == 1 }
    #expect(gate.most == 2)
    gate.admit(.max)
    try scene.wait("all are told") { try scene.states() == ["delivered": 9] }
  }
}
