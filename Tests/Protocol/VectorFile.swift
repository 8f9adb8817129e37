import Foundation

/// The golden vectors of version 1 of the wire.
struct VectorFile: Decodable {
  let keys: Keys
  let handshake: Handshake
  let results: Results
  let ack: String
  let ping: String
  let spool_record: String
  let varint: [String: String]
  let varint_reject: [String]
  let zigzag: [String: String]
  let must_fail: [String: String]

  struct Keys: Decodable {
    let nonce_a: String
    let nonce_c: String
    let token_secret: String
    let x25519_shared: String
    let agent_id: String
    let key_id: UInt32
    let agent_root: String
    let k_auth: String
    let k_batch: String
  }

  struct Handshake: Decodable {
    let hello: String
    let challenge: String
    let auth: String
    let welcome: String
    let th1: String
    let th2: String
    let channel_binding: String
    let proof_a: String
    let proof_c: String
    let k_a2c: String
    let k_c2a: String
  }

  struct Results: Decodable {
    let record_hex: [String]
    let body: String
    let signature: String
    let frame: String
    let digest8: String
  }

  static func load() throws -> VectorFile {
    let url = try Vectors.url("upb1.json")
    return try JSONDecoder().decode(VectorFile.self, from: Data(contentsOf: url))
  }
}

/// The folder of vectors beside the tests.
enum Vectors {
  static func url(_ name: String) throws -> URL {
    guard let folder = Bundle.module.resourceURL else { throw CocoaError(.fileNoSuchFile) }
    return folder.appending(path: "Vectors").appending(path: name)
  }
}
