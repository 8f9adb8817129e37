import Conversing
import Dialogue
import Linux

/// An authority, and an engine that trusts it.
struct TLSWorld {
  let authority: PeerCertificate
  let rig: ConversationRig
  let caFile: String

  init() throws {
    authority = try PeerCertificate(name: "Test CA", isAuthority: true)
    caFile = "/tmp/upblit-test-ca-\(UInt64.random(in: 0 ... .max)).pem"
    try Files.overwrite(caFile, with: Array(authority.pem.utf8))
    rig = try ConversationRig(caFile: caFile)
  }

  func end() { try? Files.remove(caFile) }

  /// A conversation with a server that speaks TLS like that and says "hi".
  func converse(
    _ tls: PeerTLS, plan: TLSPlan = TLSPlan(serverName: "localhost", verifyName: "localhost"),
    script: [StreamStep] = [.expect("hi")], then steps: [PeerServer.Step] = [.send("hi"), .hold]
  ) throws -> (report: ConversationReport, heard: [[UInt8]]) {
    let server = try PeerServer([.tls(tls)] + steps)
    let report = try rig.stream(server.port, tls: plan, script: script)
    server.stop()
    return (report, server.heard)
  }
}
