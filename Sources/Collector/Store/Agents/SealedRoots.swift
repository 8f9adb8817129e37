import Model
import OpenSSL
import Postgres

/// The places where an agent's roots are kept, each with a sealed root or with none.
///
/// To open them is the same work whatever they hold, and also for an agent that does not exist: where
/// there is no root, a decoy is opened.
struct SealedRoots {
  /// A root as it is stored.
  struct Sealed: Hashable, Sendable {
    var keyID: Int32
    var bytes: [UInt8]
  }

  let agent: AgentID
  let places: [Sealed?]

  init(agent: AgentID, places: [Sealed?]) {
    self.agent = agent
    self.places = places
  }

  /// Takes the key's number from each of `columns` and the sealed root from the next.
  init(_ row: Row?, columns: [Int], agent: AgentID) throws(PostgresError) {
    var places: [Sealed?] = []
    for column in columns {
      let keyID = try row?.get(column, as: Int32?.self) ?? nil
      let bytes = try row?.get(column + 1, as: [UInt8]?.self) ?? nil
      if let keyID, let bytes {
        places.append(Sealed(keyID: keyID, bytes: bytes))
      } else {
        places.append(nil)
      }
    }
    self.init(agent: agent, places: places)
  }

  /// What is to be opened: as many as there are places.
  func sealed(decoy: [UInt8]) -> [(bytes: [UInt8], agent: AgentID, keyID: Int32)] {
    places.map { place in
      place.map { ($0.bytes, agent, $0.keyID) } ?? (decoy, .zero, 0)
    }
  }

  /// The roots; `nil` where there is none. Throws where one does not open.
  func open(_ key: SealingKey) throws(OpenSSLError) -> [AgentCredentials.Root?] {
    var roots: [AgentCredentials.Root?] = []
    for (place, sealed) in zip(places, sealed(decoy: try SealedRoot.decoy(key))) {
      let bytes = try SealedRoot.open(sealed.bytes, agent: sealed.agent, keyID: sealed.keyID, key)
      roots.append(place.map { AgentCredentials.Root(keyID: $0.keyID, bytes: bytes) })
    }
    return roots
  }
}
