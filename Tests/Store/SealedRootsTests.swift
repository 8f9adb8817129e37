import Model
import OpenSSL
import Testing

@testable import Store

@Suite struct SealedRootsTests {
  @Test func `whatever an agent has, as many roots are opened, of one length`() throws {
    let key = try InstallationTests.key(9)
    let agent = AgentID.random()
    func sealed(_ number: Int32) throws -> SealedRoots.Sealed {
      let root = [UInt8](repeating: UInt8(number), count: 32)
      return SealedRoots.Sealed(
        keyID: number, bytes: try SealedRoot.seal(root, agent: agent, keyID: number, key))
    }
    let decoy = try SealedRoot.decoy(key)
    let nobody = try SealedRoots(nil, columns: [6, 8, 10], agent: agent)
    let all: [SealedRoots] = [
      nobody, SealedRoots(agent: agent, places: [try sealed(1), nil, nil]),
      SealedRoots(agent: agent, places: [try sealed(2), try sealed(3), try sealed(1)]),
    ]
    for roots in all {
      #expect(roots.sealed(decoy: decoy).map(\.bytes.count) == [60, 60, 60])
      let opened = try roots.open(key)
      #expect(opened.map { $0?.keyID } == roots.places.map { $0?.keyID })
      for root in opened.compactMap({ $0 }) {
        #expect(root.bytes == [UInt8](repeating: UInt8(root.keyID), count: 32))
      }
    }
  }
}
